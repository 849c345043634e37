namespace Atoma.Benchmarks.Engine;

/// <summary>As many different plain English prompts as a benchmark wants, the same ones every time.</summary>
internal static class PromptTexts
{
    private static readonly string[] Names = ["Lily", "Tom", "Sara", "Max", "Anna", "Ben", "Mia", "Tim", "Sue", "Jack", "Amy", "Sam", "Lucy", "Bob", "Ella", "Leo"];
    private static readonly string[] Things = ["a red ball", "a big box", "a little dog", "an old tree", "a shiny stone", "a toy car", "a blue bird", "a warm hat", "a small boat", "a sweet cake"];
    private static readonly string[] Places = ["in the park", "near the river", "at home", "in the forest", "on the hill", "by the sea", "in the garden", "at school"];
    private static readonly string[] Openings =
    [
        "Once upon a time, {0} found {1} {2}.", "One day, {0} and {3} played with {1} {2}.", "{0} was very happy because there was {1} {2}.",
        "{0} wanted {1}. {3} saw it {2}.", "It was a sunny day. {0} went out and saw {1} {2}.", "{0} had {1}, and {3} was sad {2}.",
    ];

    /// <summary>One or two sentences; the first 15,360 are all different.</summary>
    public static string Opening(int index)
    {
        var (name, rest) = (index % Names.Length, index / Names.Length);
        var (opening, left) = (rest % Openings.Length, rest / Openings.Length);
        var (place, further) = (left % Places.Length, left / Places.Length);
        var text = string.Format(null, Openings[opening], Names[name], Things[further % Things.Length], Places[place], Names[(name + 7) % Names.Length]);
        return further < Things.Length ? text : text + string.Format(null, " It was day {0}.", further / Things.Length);
    }

    /// <summary>Sentences enough for a prompt of <paramref name="tokens"/> tokens, cut there.</summary>
    public static int[] Tokens(Func<string, int[]> tokenize, int index, int tokens)
    {
        for (var sentences = 1; ; sentences *= 2)
        {
            var all = tokenize(string.Join(' ', Enumerable.Range(0, sentences).Select(i => Opening(index + 31 * i))));
            if (all.Length >= tokens)
                return all[..tokens];
        }
    }
}
