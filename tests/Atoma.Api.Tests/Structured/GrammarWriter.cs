using System.Text;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Api.Tests.Structured;

/// <summary>Writes random texts of a grammar, byte by byte: whatever it lets through must be right.</summary>
internal static class GrammarWriter
{
    private static readonly GrammarVocabulary Bytes = GrammarVocabulary.Build(256, t => [(byte)t], []);

    /// <param name="grammar">GBNF.</param>
    /// <param name="random">Seeded.</param>
    /// <param name="length">Bytes after which it heads for the end where it can.</param>
    /// <returns>A whole text, or null when it did not come to its end in time.</returns>
    public static string? Write(string grammar, Random random, int length)
    {
        var constraint = new GrammarConstraint(GrammarProgram.Parse(grammar), Bytes);
        var text = new List<byte>();
        var fitting = new List<int>();
        while (!constraint.IsOver && !(constraint.MayEnd && (text.Count >= length || random.Next(8) == 0)))
        {
            if (text.Count > length * 4)
                return null;
            fitting.Clear();
            constraint.AddFitting(fitting);
            // Signs that close something, so that texts end; else anything, weighted to what JSON is made of.
            int[] closing = [.. fitting.Where(t => t is '"' or '}' or ']')];
            int[] plain = [.. fitting.Where(t => t < 128)];
            var from = text.Count >= length && closing.Length > 0 ? closing : plain.Length > 0 && random.Next(10) > 0 ? plain : [.. fitting];
            var token = from[random.Next(from.Length)];
            text.Add((byte)token);
            constraint.Accept(token);
        }

        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. text]);
    }

    /// <summary>Whether a text is one of the grammar's.</summary>
    public static bool Accepts(string grammar, string text)
    {
        var constraint = new GrammarConstraint(GrammarProgram.Parse(grammar), Bytes);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (!constraint.Fits(value))
                return false;
            constraint.Accept(value);
        }

        return constraint.MayEnd;
    }
}
