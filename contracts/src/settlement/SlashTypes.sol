// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a slash is for. Numbers are signed in verdicts.
enum SlashKind {
    Malice, // 0: by verdict, split as in P8.4
    Silence, // 1: by verdict, all to whom it cost time (P5.9)
    Equivocation // 2: by evidence alone, split as in P8.4; no verdict can name it
}

enum SlashState {
    None,
    Open,
    Appealed,
    Executed,
    Returned
}

/// @notice A verdict as its signers sign it (EIP-712, same name and fields).
struct Verdict {
    bytes32 id; // used once for ever
    address node;
    bytes32 request;
    address victim; // zero: none that has a name on this chain
    uint128 amount;
    uint16 honest; // honest parties that share in it, through the root
    uint16 resolvers; // resolvers likewise
    uint8 kind; // SlashKind, malice or silence
    bytes32 evidence; // digest of the bundle that shows why (P8.5)
    uint64 deadline; // last second at which it can be proposed
}

/// @notice A slash on its way.
struct Slash {
    address node;
    SlashState state;
    SlashKind kind;
    uint48 executeAt; // end of the appeal window
    uint128 amount; // frozen at the node while open
    uint48 rulingAt; // end of the ruling window; 0: not appealed
    address victim;
    bytes32 request;
}
