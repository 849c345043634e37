using System.CommandLine;
using System.Text.Json;
using Atoma.Inference;
using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Protocol.Models;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Silo.Nodes;

/// <summary><c>echelon</c>: runs the echelon's test on this machine and prints its known answers, as models/echelons.json holds them.</summary>
internal static class EchelonCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "GGUF file, or NAME=FILE; the demo model by default.", DefaultValueFactory = _ => ModelFiles.Demo() };
        var known = new Option<string>("--known") { Description = "File of known answers to compare with; those shipped with the program by default.", DefaultValueFactory = _ => EchelonAdmission.ShippedFile };
        var command = new Command("echelon", "Test whether this machine can join a model's echelon, and print the known answers.") { model, known };
        command.SetAction(async (given, cancellationToken) =>
        {
            var file = ModelFile.Of(given.GetValue(model)!);
            try
            {
                await using var engine = await LlamaEngine.LoadAsync(
                    new EngineOptions { ModelPath = file.Path, ModelId = file.Id, Slots = KnownAnswers.Count, Threads = 1 },
                    NullLogger.Instance, cancellationToken);
                var answers = await EchelonAdmission.AnswerAsync(engine, EchelonAdmission.Read(given.GetValue(known)!), selfTest: true, cancellationToken);
                Console.WriteLine(JsonSerializer.Serialize(ShippedEchelon.Of(engine, answers), EchelonAdmission.Json));
                return 0;
            }
            catch (Exception e) when (e is EchelonMismatchException or JsonException or InferenceException or GgufException)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }
}
