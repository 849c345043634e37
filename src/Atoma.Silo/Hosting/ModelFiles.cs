namespace Atoma.Silo.Hosting;

/// <summary>Finds the demo model that the repository carries.</summary>
public static class ModelFiles
{
    public const string DemoFile = "atoma-demo.gguf";

    /// <summary>The demo model beside the program (where the build puts it), or in a models folder above the working directory.</summary>
    public static string Demo()
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "models", DemoFile);
        if (File.Exists(beside))
            return beside;
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            var inRepository = Path.Combine(folder.FullName, "models", DemoFile);
            if (File.Exists(inRepository))
                return inRepository;
        }

        return beside;
    }
}
