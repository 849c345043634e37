using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Native;

/// <summary>
/// Loads the library once per process: by absolute path, ABI checked, log routed, one CPU variant registered
/// before any model. The library keeps all of this in globals, so a process has one build and one variant.
/// </summary>
internal static unsafe class LlamaRuntime
{
    private static readonly Lock Gate = new();
    private static LlamaLibraryFiles? _files;
    private static LlamaLibraryOptions? _options;
    private static bool _resolverInstalled;
    private static nint _llama;
    private static nint _ggml;

    /// <summary>The libraries in use, null before <see cref="Initialise"/>.</summary>
    public static LlamaLibraryFiles? Files => Volatile.Read(ref _files);

    /// <summary>Does nothing when already initialised with equal options.</summary>
    /// <exception cref="InferenceException">Libraries missing, of another ABI, or in conflict with an earlier call.</exception>
    public static LlamaLibraryFiles Initialise(LlamaLibraryOptions options, ILogger logger)
    {
        lock (Gate)
        {
            LlamaLog.RouteTo(logger);
            if (_files is not null)
            {
                if (options != _options)
                    throw new InferenceException(InferenceError.BackendConflict,
                        $"This process already runs llama.cpp from {_options?.Directory} as {_options?.CpuVariant}; a second build or variant needs its own process.");
                return _files;
            }

            var files = LlamaLibraryFiles.Locate(options);
            RequireProcessorSupport(files.Backend, options.CpuVariant);
            InstallResolver(files);
            LlamaAbi.Verify();
            LlamaLog.Install();
            if (LlamaApi.ggml_backend_load(files.Backend) is null)
                throw new InferenceException(InferenceError.BackendUnsupported, $"llama.cpp could not register {files.Backend}.");
            LlamaApi.llama_backend_init();

            InferenceLog.LibraryLoaded(logger, LlamaAbi.Version, options.CpuVariant);
            _options = options;
            _files = files;
            return files;
        }
    }

    /// <summary>Every variant scores itself on this processor; 0 means that it would die of an illegal instruction.</summary>
    private static void RequireProcessorSupport(string backend, string variant)
    {
        var library = LoadOrExplain(backend);
        if (CpuVariants.Score(library) == 0)
            throw new InferenceException(InferenceError.BackendUnsupported,
                $"This processor lacks instructions that the CPU variant '{variant}' needs; it cannot join that echelon.");
    }

    private static void InstallResolver(LlamaLibraryFiles files)
    {
        // By handle, not by path: the library is asked for by name once for each function.
        LoadOrExplain(files.GgmlBase);
        _ggml = LoadOrExplain(files.Ggml);
        _llama = LoadOrExplain(files.Llama);
        if (_resolverInstalled)
            return;
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), Resolve);
        _resolverInstalled = true;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name switch
    {
        LlamaApi.Llama => _llama,
        LlamaApi.Ggml => _ggml,
        _ => 0,
    };

    private static nint LoadOrExplain(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new InferenceException(InferenceError.LibraryMismatch, $"{path} cannot be loaded on this system: {exception.Message}", exception);
        }
    }
}
