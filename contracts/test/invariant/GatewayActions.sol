// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {HostileConsumer} from "../support/Hostile.sol";
import {VM} from "../support/Vm.sol";
import {Actors} from "./Actors.sol";

/// @notice A contract that asks, with callbacks of every kind, and a network that answers, declines or is late.
abstract contract GatewayActions is Actors {
    HostileConsumer private _consumer;
    bytes32[] private _open;

    function setUp() public virtual override {
        super.setUp();
        _consumer = new HostileConsumer(gateway);
    }

    function ask(uint256 fee, uint256 mode) external {
        token.mint(address(_consumer), _amount(fee));
        _consumer.misbehave(HostileConsumer.Mode(mode % 6), abi.encodeCall(gateway.withdraw, (address(_consumer))));
        _open.push(_consumer.ask(3, _amount(fee), 60_000));
        escrowed += _amount(fee);
    }

    function fulfil(uint256 which, uint256 fee) external {
        bytes32 id = _pick(which);
        uint128 part = _upTo(fee, gateway.requestOf(id).maxFee);
        answer(id, address(_consumer), "answer", part, 3);
        escrowed -= part;
        backingIn += part;
    }

    function decline(uint256 which) external {
        VM.prank(SETTLER);
        gateway.decline(_pick(which), "no");
    }

    function refund(uint256 which) external {
        gateway.refund(_pick(which));
    }

    function withdrawFees() public {
        escrowed -= gateway.withdrawable(address(_consumer));
        _consumer.withdraw(address(_consumer));
    }

    function _refundAll() internal {
        for (uint256 i; i < _open.length; ++i) {
            if (gateway.requestOf(_open[i]).caller != address(0)) gateway.refund(_open[i]);
        }
        if (gateway.withdrawable(address(_consumer)) != 0) withdrawFees();
    }

    function _pick(uint256 which) private view returns (bytes32) {
        uint256 recent = _open.length < 8 ? _open.length : 8;
        return recent == 0 ? bytes32(0) : _open[_open.length - 1 - which % recent];
    }
}
