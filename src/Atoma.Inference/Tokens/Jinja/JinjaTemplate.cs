using System.Text.RegularExpressions;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>
/// A chat template, read once and rendered often, from many threads at once. The language is the part of Jinja that chat
/// templates use, with the meaning it has in transformers' apply_chat_template; anything else is refused when it is read.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly Block _block;

    private JinjaTemplate(Block block) => _block = block;

    /// <exception cref="JinjaException">Not Jinja, or not a part of it that is offered.</exception>
    public static JinjaTemplate Parse(string template)
    {
        try
        {
            return new JinjaTemplate(JinjaParser.Parse(template));
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new JinjaException(JinjaError.Limit, 1, $"The template takes too long to read at character {e.Input.Length}");
        }
    }

    /// <exception cref="JinjaException">The template refuses the values, or cannot do with them what it wants to.</exception>
    public MarkedText Render(IEnumerable<(string Name, JinjaValue Value)> variables, TimeProvider time)
    {
        var globals = new JinjaScope(null);
        foreach (var (name, value) in JinjaGlobals.All(time).Concat(variables))
            globals.Set(name, value);
        var budget = new JinjaBudget();
        try
        {
            return new JinjaInterpreter(budget).Run(_block, new JinjaScope(globals));
        }
        catch (OverflowException)
        {
            throw new JinjaException(JinjaError.Limit, budget.Line, "A number needs more bits than there are");
        }
    }
}
