using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;

namespace Atoma.Api.Answers;

/// <summary>One request of an answer.</summary>
/// <param name="Id">Request id, hex.</param>
/// <param name="Grain">To watch and cancel it.</param>
internal sealed record OpenRequest(string Id, IRequestGrain Grain);

/// <summary>An answer in the network, in progress or ended: as many requests as there are choices.</summary>
/// <param name="Choices">In order, at least one.</param>
/// <param name="Form">How it is written.</param>
/// <param name="Model">Model id.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="ToolCalls">How its model writes calls of functions.</param>
/// <param name="Streaming">Whether provisional pieces of it are shown.</param>
/// <param name="Own">Whether this call made it, and it ends with this call: its client did not say that it may come back.</param>
internal sealed record OpenAnswer(
    IReadOnlyList<OpenRequest> Choices, AnswerForm Form, string Model, long Created, ToolCallFormat ToolCalls, bool Streaming, bool Own)
{
    /// <summary>The first request's, which stands for all of them.</summary>
    public string Id => Choices[0].Id;
}
