using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Atoma.Protocol.Models;

namespace Atoma.Api.Answers.Tools;

/// <summary>A call that an answer makes.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">A JSON object, as the model wrote it.</param>
internal sealed record ToolCall(string Name, string Arguments);

/// <summary>An answer taken apart.</summary>
/// <param name="Content">What is not a call.</param>
/// <param name="Calls">In order; empty when the answer calls nothing.</param>
internal sealed record ToolAnswer(string Content, IReadOnlyList<ToolCall> Calls);

/// <summary>
/// Finds calls of tools in the text of an answer. What looks like a call and cannot be read as one (cut off by max_tokens,
/// broken JSON) stays text: nothing of an answer is dropped.
/// </summary>
internal sealed class ToolCallReader(ToolCallFormat format, ToolSet tools)
{
    /// <summary>Nesting of arguments.</summary>
    private static readonly JsonReaderOptions Json = new() { MaxDepth = 32 };

    /// <summary>What a call starts with; nothing when the whole answer is one.</summary>
    private readonly string? _opening = format switch
    {
        ToolCallFormat.Tagged => ToolCallMarks.TagOpen,
        ToolCallFormat.Listed or ToolCallFormat.Named => ToolCallMarks.Calls,
        ToolCallFormat.FunctionTag => ToolCallMarks.FunctionOpen,
        _ => null,
    };

    /// <summary>How much of the end of a growing answer is certainly not part of a call.</summary>
    /// <param name="text">What was not shown yet.</param>
    /// <param name="isStart">Whether nothing was shown yet.</param>
    public int SafeLength(string text, bool isStart)
    {
        if (tools.IsEmpty || format == ToolCallFormat.None)
            return text.Length;
        if (_opening is null)
            return isStart && text.AsSpan().TrimStart() is [] or ['{', ..] or ['<', ..] ? 0 : text.Length;
        var found = text.IndexOf(_opening, StringComparison.Ordinal);
        if (found >= 0)
            return TrimmedEnd(text, found);
        var length = text.Length;
        for (var part = Math.Min(_opening.Length - 1, text.Length); part > 0; part--)
        {
            if (text.EndsWith(_opening[..part], StringComparison.Ordinal))
            {
                length -= part;
                break;
            }
        }

        // Blanks before a call are not content, so they wait as well.
        return TrimmedEnd(text, length);
    }

    /// <summary>The whole answer.</summary>
    public ToolAnswer Read(string text)
    {
        var plain = new ToolAnswer(text, []);
        if (tools.IsEmpty || format == ToolCallFormat.None)
            return plain;
        var start = _opening is null ? 0 : text.IndexOf(_opening, StringComparison.Ordinal);
        if (start < 0)
            return plain;
        var calls = new List<ToolCall>();
        var cursor = new Cursor(text, start);
        if (!ReadCalls(cursor, calls) || calls.Count == 0 || !cursor.AtEnd)
            return plain;
        return new ToolAnswer(text[..TrimmedEnd(text, start)], tools.OnlyOne ? [calls[0]] : calls);
    }

    private bool ReadCalls(Cursor cursor, List<ToolCall> calls) => format switch
    {
        ToolCallFormat.Tagged => ReadEach(cursor, calls, c => c.Skip(ToolCallMarks.TagOpen) && c.Object(out var o) && Add(o, "arguments", calls) && (c.Skip(ToolCallMarks.TagClose) || c.AtEnd)),
        ToolCallFormat.Named => ReadEach(cursor, calls, c => ReadNamed(c, calls)),
        ToolCallFormat.FunctionTag => ReadEach(cursor, calls, c => ReadTag(c, calls)),
        ToolCallFormat.Listed => cursor.Skip(ToolCallMarks.Calls) && ReadList(cursor, calls),
        _ => ReadBare(cursor, calls),
    };

    /// <summary>One call after the other to the end.</summary>
    private static bool ReadEach(Cursor cursor, List<ToolCall> calls, Func<Cursor, bool> read)
    {
        while (!cursor.AtEnd)
        {
            if (!read(cursor))
                return false;
        }

        return calls.Count > 0;
    }

    private static bool ReadNamed(Cursor cursor, List<ToolCall> calls)
    {
        if (!cursor.Skip(ToolCallMarks.Calls) || !cursor.Until("[", out var name))
            return false;
        if (cursor.Skip(ToolCallMarks.CallId) && !cursor.Until("[", out _))
            return false;
        if (!cursor.Skip(ToolCallMarks.Arguments) || !cursor.Object(out var arguments))
            return false;
        calls.Add(new ToolCall(name, arguments.GetRawText()));
        return true;
    }

    private static bool ReadTag(Cursor cursor, List<ToolCall> calls)
    {
        if (!cursor.Skip(ToolCallMarks.FunctionOpen) || !cursor.Until(">", out var name) || !cursor.Skip(">") || !cursor.Object(out var arguments) || !cursor.Skip(ToolCallMarks.FunctionClose))
            return false;
        calls.Add(new ToolCall(name, arguments.GetRawText()));
        return true;
    }

    private static bool ReadList(Cursor cursor, List<ToolCall> calls)
    {
        if (!cursor.Value(out var list) || list.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var call in list.EnumerateArray())
        {
            if (call.ValueKind != JsonValueKind.Object || !Add(call, "arguments", calls))
                return false;
        }

        return true;
    }

    /// <summary>Nothing marks these, so only what names a function on offer is a call; anything else is JSON that somebody asked for.</summary>
    private bool ReadBare(Cursor cursor, List<ToolCall> calls)
    {
        cursor.Skip(ToolCallMarks.PythonTag);
        do
        {
            if (!cursor.Object(out var call) || !(Add(call, "parameters", calls) || Add(call, "arguments", calls)) || !tools.Names.Contains(calls[^1].Name))
                return false;
        }
        while (cursor.Skip(";"));
        return true;
    }

    private static bool Add(JsonElement call, string argumentsName, List<ToolCall> calls)
    {
        if (!call.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
            || !call.TryGetProperty(argumentsName, out var arguments) || arguments.ValueKind != JsonValueKind.Object)
            return false;
        calls.Add(new ToolCall(name.GetString()!, arguments.GetRawText()));
        return true;
    }

    private static int TrimmedEnd(string text, int length) => text.AsSpan(0, length).TrimEnd().Length;

    /// <summary>A place in the text, and steps over what is expected there. Blanks between steps are passed over.</summary>
    private sealed class Cursor(string text, int start)
    {
        private int _at = start;

        public bool AtEnd
        {
            get
            {
                SkipBlanks();
                return _at == text.Length;
            }
        }

        public bool Skip(string word)
        {
            SkipBlanks();
            if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0)
                return false;
            _at += word.Length;
            return true;
        }

        public bool Until(string end, [NotNullWhen(true)] out string? word)
        {
            SkipBlanks();
            var found = text.IndexOf(end, _at, StringComparison.Ordinal);
            word = found > _at ? text[_at..found].Trim() : null;
            _at = found < 0 ? _at : found;
            return word is { Length: > 0 };
        }

        public bool Object(out JsonElement value) => Value(out value) && value.ValueKind == JsonValueKind.Object;

        public bool Value(out JsonElement value)
        {
            value = default;
            SkipBlanks();
            try
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(text[_at..]);
                var reader = new Utf8JsonReader(bytes, Json);
                if (!JsonElement.TryParseValue(ref reader, out var parsed))
                    return false;
                value = parsed.Value;
                _at += System.Text.Encoding.UTF8.GetCharCount(bytes, 0, (int)reader.BytesConsumed);
                return true;
            }
            catch (JsonException)
            {
                return false;
            }
        }

        private void SkipBlanks()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
        }
    }
}
