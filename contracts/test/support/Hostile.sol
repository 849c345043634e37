// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IInferenceConsumer} from "../../src/IInferenceConsumer.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";

/// @notice A token that can be told to misbehave.
contract HostileToken is ERC20("Hostile", "HOST") {
    enum Mode {
        Honest,
        TakesFee,
        ReturnsFalse,
        Reenters,
        PaysExtra
    }

    Mode public mode;
    address private _target;
    bytes private _call;
    bool public reentered;
    bytes public refusal;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function misbehave(Mode mode_, address target, bytes calldata call_) external {
        (mode, _target, _call) = (mode_, target, call_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.ReturnsFalse) return false;
        _reenter();
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.ReturnsFalse) return false;
        _reenter();
        bool ok = super.transferFrom(from, to, amount);
        if (mode == Mode.TakesFee) _burn(to, amount / 100);
        if (mode == Mode.PaysExtra) _mint(to, 1);
        return ok;
    }

    function _reenter() private {
        if (mode != Mode.Reenters) return;
        (bool ok, bytes memory data) = _target.call(_call);
        reentered = ok;
        refusal = data;
    }
}

/// @notice A caller of the gateway whose callback can be told to misbehave.
contract HostileConsumer is IInferenceConsumer {
    enum Mode {
        Honest,
        Reverts,
        RevertsBig,
        BurnsGas,
        ReturnsBig,
        ReturnsMegabyte,
        Reenters
    }

    InferenceGateway private immutable _gateway;
    Mode public mode;
    bytes private _call;
    bytes public refusal;
    uint256 public answers;
    uint256 public gasGiven;
    bytes32 public lastHash;

    constructor(InferenceGateway gateway) {
        _gateway = gateway;
        gateway.token().approve(address(gateway), type(uint256).max);
    }

    function misbehave(Mode mode_, bytes calldata call_) external {
        (mode, _call) = (mode_, call_);
    }

    function ask(uint8 replicas, uint128 maxFee, uint32 callbackGas) external returns (bytes32) {
        return _gateway.request("model", "prompt", 16, replicas, maxFee, callbackGas);
    }

    function optIn() external {
        _gateway.optInBelowReplicated(true);
    }

    function withdraw(address to) external {
        _gateway.withdraw(to);
    }

    function onInferenceAnswer(bytes32, bytes32 resultHash, bytes calldata, address[] calldata) external {
        uint256 given = gasleft();
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsGas) while (true) {}
        if (mode == Mode.RevertsBig) {
            assembly ("memory-safe") {
                revert(0, 150000)
            }
        }
        if (mode == Mode.ReturnsBig || mode == Mode.ReturnsMegabyte) {
            uint256 size = mode == Mode.ReturnsBig ? 150_000 : 1 << 20;
            assembly ("memory-safe") {
                return(0, size)
            }
        }
        if (mode == Mode.Reenters) {
            (bool ok, bytes memory data) = address(_gateway).call(_call);
            require(!ok, "the gateway let it in");
            refusal = data;
        }
        answers += 1;
        gasGiven = given;
        lastHash = resultHash;
    }
}
