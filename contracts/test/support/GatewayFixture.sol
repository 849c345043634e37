// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {NetworkRequest} from "../../src/shared/NetworkRequest.sol";
import {Fixture, Key} from "./Fixture.sol";
import {VM} from "./Vm.sol";

/// @notice A gateway and fifteen nodes that can answer.
abstract contract GatewayFixture is Fixture {
    uint32 internal constant WINDOW = 1 hours;

    InferenceGateway internal gateway;
    bytes32 internal gatewayDomain;
    Key[] internal nodes; // ascending

    function setUp() public virtual override {
        super.setUp();
        gateway = deployGateway(settlement, WINDOW);
        gatewayDomain = gateway.domainSeparator();
        for (uint256 i; i < 15; ++i) {
            Key memory node = key(string.concat("replica", VM.toString(i)));
            register(node, OWNER, 100e6);
            nodes.push(node);
            for (uint256 j = i; j > 0 && nodes[j - 1].addr > nodes[j].addr; --j) {
                Key memory lower = nodes[j];
                nodes[j] = nodes[j - 1];
                nodes[j - 1] = lower;
            }
        }
    }

    function nodeAddresses(uint256 count) internal view returns (address[] memory all) {
        all = new address[](count);
        for (uint256 i; i < count; ++i) {
            all[i] = nodes[i].addr;
        }
    }

    function answers(bytes32 id, address caller, bytes memory result, uint256 count)
        internal
        view
        returns (bytes memory all)
    {
        bytes32 typeHash = keccak256("Answer(bytes32 request,bytes32 resultHash)");
        bytes32 hash = keccak256(abi.encode(typeHash, NetworkRequest.idOf(caller, id), keccak256(result)));
        for (uint256 i; i < count; ++i) {
            all = bytes.concat(all, sign(nodes[i], gatewayDomain, hash));
        }
    }

    function answer(bytes32 id, address caller, bytes memory result, uint128 fee, uint256 count) internal {
        bytes memory signatures = answers(id, caller, result, count);
        address[] memory who = nodeAddresses(count);
        VM.prank(SETTLER);
        gateway.fulfil(id, result, fee, who, signatures);
    }
}
