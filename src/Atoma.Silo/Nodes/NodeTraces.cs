using System.Diagnostics;
using Atoma.Protocol.Common;

namespace Atoma.Silo.Nodes;

/// <summary>Traces <c>Atoma.Node</c>: a node's part of a request, in the trace that the coordinator names.</summary>
internal static class NodeTraces
{
    public const string Name = "Atoma.Node";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Null where nobody listens, or the request is not traced.</summary>
    /// <param name="part">generate or check.</param>
    /// <param name="trace">As sent with the work: a W3C traceparent, or anything that a coordinator may send instead.</param>
    /// <param name="request">Named in the span.</param>
    /// <param name="node">Named in the span.</param>
    public static Activity? Start(string part, string trace, Hash32 request, NodeId node) =>
        ActivityContext.TryParse(trace, null, isRemote: true, out var parent)
            ? Source.StartActivity(part, ActivityKind.Consumer, parent)?.SetTag("atoma.request.id", request.ToString()).SetTag("atoma.node", node.ToString())
            : null;
}
