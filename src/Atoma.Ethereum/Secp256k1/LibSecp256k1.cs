using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Secp256k1;

/// <summary>
/// Bitcoin Core's libsecp256k1 (Debian package libsecp256k1-1): constant time, about five times as fast as the managed one.
/// One context serves all threads: it is never changed after it was randomised. Arguments are checked before each call, because
/// the library aborts the process on an illegal one.
/// </summary>
internal sealed partial class LibSecp256k1 : ISecp256k1
{
    private const string Library = "secp256k1";
    private const uint ContextSignVerify = 0x301;
    private const uint Uncompressed = 2;

    // Sizes of the opaque structs in secp256k1.h and secp256k1_recovery.h, part of the library's ABI.
    private const int PublicKeyStructSize = 64;
    private const int SignatureStructSize = 65;

    /// <summary>The exports used here are the same in all of these.</summary>
    private static readonly string[] FileNames =
    [
        "libsecp256k1.so.1", "libsecp256k1.so.2", "libsecp256k1.so.5", "libsecp256k1.so.6", "libsecp256k1.dylib",
    ];

    private static nint s_library;

    private readonly ContextHandle _context;

    private LibSecp256k1(ContextHandle context) => _context = context;

    /// <summary>Null when the library is absent, lacks the recovery module or fails its self-test.</summary>
    public static LibSecp256k1? TryLoad()
    {
        if (!TryResolve())
            return null;
        var context = secp256k1_context_create(ContextSignVerify);
        if (context.IsInvalid || !Randomize(context))
        {
            context.Dispose();
            return null;
        }

        var loaded = new LibSecp256k1(context);
        if (SelfTest.Passes(loaded))
            return loaded;
        context.Dispose();
        return null;
    }

    public unsafe void PublicKey(ReadOnlySpan<byte> key, Span<byte> publicKey)
    {
        Invariant.Assert(SignatureRules.IsValidKey(key));
        Invariant.Assert(publicKey.Length == SignatureRules.PublicKeySize);
        var parsed = stackalloc byte[PublicKeyStructSize];
        fixed (byte* keyBytes = key)
            Invariant.Assert(secp256k1_ec_pubkey_create(_context, parsed, keyBytes) == 1);
        Serialize(parsed, publicKey);
    }

    public unsafe void Sign(ReadOnlySpan<byte> key, Hash32 digest, Span<byte> signature)
    {
        Invariant.Assert(SignatureRules.IsValidKey(key));
        Invariant.Assert(signature.Length == ISignatureScheme.SignatureSize);
        Span<byte> message = stackalloc byte[Hash32.Size];
        digest.CopyTo(message);
        var made = stackalloc byte[SignatureStructSize];
        int recoveryId;
        fixed (byte* keyBytes = key, messageBytes = message, output = signature)
        {
            Invariant.Assert(secp256k1_ecdsa_sign_recoverable(_context, made, messageBytes, keyBytes, 0, 0) == 1);
            Invariant.Assert(secp256k1_ecdsa_recoverable_signature_serialize_compact(_context, output, &recoveryId, made) == 1);
        }

        // 2 or 3 would need x ≥ n: chance 2^-127.
        Invariant.Assert(recoveryId is 0 or 1);
        signature[64] = (byte)(27 + recoveryId);
    }

    public unsafe bool TryRecover(Hash32 digest, ReadOnlySpan<byte> signature, Span<byte> publicKey)
    {
        Invariant.Assert(SignatureRules.IsWellFormed(signature));
        Invariant.Assert(publicKey.Length == SignatureRules.PublicKeySize);
        Span<byte> message = stackalloc byte[Hash32.Size];
        digest.CopyTo(message);
        var parsed = stackalloc byte[SignatureStructSize];
        var recovered = stackalloc byte[PublicKeyStructSize];
        fixed (byte* compact = signature, messageBytes = message)
        {
            if (secp256k1_ecdsa_recoverable_signature_parse_compact(_context, parsed, compact, signature[64] - 27) != 1)
                return false;
            if (secp256k1_ecdsa_recover(_context, recovered, parsed, messageBytes) != 1)
                return false;
        }

        Serialize(recovered, publicKey);
        return true;
    }

    private unsafe void Serialize(byte* parsed, Span<byte> publicKey)
    {
        nuint length = SignatureRules.PublicKeySize;
        fixed (byte* output = publicKey)
            Invariant.Assert(secp256k1_ec_pubkey_serialize(_context, output, &length, parsed, Uncompressed) == 1);
        Invariant.Assert(length == SignatureRules.PublicKeySize);
    }

    private static bool TryResolve()
    {
        foreach (var name in FileNames)
        {
            if (!NativeLibrary.TryLoad(name, out s_library))
                continue;
            if (!NativeLibrary.TryGetExport(s_library, nameof(secp256k1_ecdsa_recover), out _))
                continue;
            NativeLibrary.SetDllImportResolver(
                Assembly.GetExecutingAssembly(), static (library, _, _) => library == Library ? s_library : 0);
            return true;
        }

        return false;
    }

    /// <summary>Blinds the context against side channels.</summary>
    private static unsafe bool Randomize(ContextHandle context)
    {
        Span<byte> seed = stackalloc byte[32];
        RandomNumberGenerator.Fill(seed);
        fixed (byte* seedBytes = seed)
            return secp256k1_context_randomize(context, seedBytes) == 1;
    }

    /// <summary>Owns a secp256k1_context.</summary>
    internal sealed class ContextHandle : SafeHandle
    {
        public ContextHandle()
            : base(0, ownsHandle: true)
        {
        }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            secp256k1_context_destroy(handle);
            return true;
        }
    }

    [LibraryImport(Library)]
    private static partial ContextHandle secp256k1_context_create(uint flags);

    [LibraryImport(Library)]
    private static partial void secp256k1_context_destroy(nint context);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_context_randomize(ContextHandle context, byte* seed32);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_ec_pubkey_create(ContextHandle context, byte* pubkey, byte* key32);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_ec_pubkey_serialize(
        ContextHandle context, byte* output, nuint* outputLength, byte* pubkey, uint flags);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_ecdsa_sign_recoverable(
        ContextHandle context, byte* signature, byte* message32, byte* key32, nint nonceFunction, nint nonceData);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_ecdsa_recoverable_signature_serialize_compact(
        ContextHandle context, byte* output64, int* recoveryId, byte* signature);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_ecdsa_recoverable_signature_parse_compact(
        ContextHandle context, byte* signature, byte* input64, int recoveryId);

    [LibraryImport(Library)]
    private static unsafe partial int secp256k1_ecdsa_recover(
        ContextHandle context, byte* pubkey, byte* signature, byte* message32);
}
