using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Api.Structured;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Api.Tests.Structured;

public sealed class JsonSchemaGrammarTests
{
    private static string Grammar(string schema) => JsonSchemaGrammar.Grammar(JsonDocument.Parse(schema).RootElement);

    public static TheoryData<string, string[], string[]> Cases => new()
    {
        { """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]}""",
          ["""{"a":1}""", """{ "a": 1, "b": "x" }""", "{\n  \"a\": -3\n}"], ["{}", """{"b":"x","a":1}""", """{"a":1,"c":2}""", """{"a":1.5}""", """{"a":01}""", """{"a":1}}"""] },
        { """{"type":"object","properties":{"a":{"type":"null"}},"additionalProperties":{"type":"boolean"}}""",
          ["{}", """{"a":null}""", """{"a":null,"ab":true,"":false}""", """{"b":true}"""], ["""{"a":true}""", """{"b":null}""", """{"b":true,"a":null}""", """{"\u0061":true}"""] },
        { """{"enum":["red","gr\"een",3,null,{"x":[1]}]}""", ["\"red\"", "\"gr\\\"een\"", "3", "null", """{"x":[1]}"""], ["\"blue\"", "\"re\""] },
        { """{"const":"漢"}""", ["\"漢\""], ["\"\""] },
        { """{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}""", ["[true,false]", "[ true, false, true ]"], ["[]", "[true]", "[true,true,true,true]"] },
        { """{"type":"array","items":{"type":"null"},"maxItems":0}""", ["[]", "[ ]"], ["[null]"] },
        { """{"type":"string","minLength":2,"maxLength":3}""", ["\"ab\"", "\"漢\\u00e4\\n\""], ["\"a\"", "\"abcd\"", "\"a\nb\"", "\"\\uD800a\""] },
        { """{"type":"integer","minimum":-12,"maximum":105}""", ["-12", "-1", "0", "9", "10", "99", "100", "105"], ["-13", "106", "-0", "00", "1000", "1.0"] },
        { """{"type":"integer","exclusiveMinimum":9.5,"exclusiveMaximum":12}""", ["10", "11"], ["9", "12"] },
        { """{"type":"number","minimum":0,"maximum":1}""", ["0", "0.5", "1", "1.0", "0.999"], ["1.01", "-0.1", "2", "1e0"] },
        { """{"type":"number","exclusiveMinimum":-2,"exclusiveMaximum":0}""", ["-1", "-1.5", "-0.5"], ["-2", "0", "-2.5", "-0.0", "-0"] },
        { """{"type":["integer","null"]}""", ["7", "null"], ["true"] },
        { """{"type":"string","nullable":true}""", ["\"\"", "null"], ["1"] },
        { """{"properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}""", ["""{"next":null}""", """{"next":{"next":{"next":null}}}"""], ["{}", """{"next":{}}"""] },
        { """{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"array","items":{"$ref":"#/$defs/tree"}}}}""", ["[]", "[[],[[]]]"], ["[1]"] },
        { """{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"},"n":{"type":"integer"}},"required":["k","n"]},{"type":"string"}]}""",
          ["""{"k":"a"}""", """{"k":"b","n":1}""", "\"\""], ["""{"k":"b"}""", """{"k":"a","n":1}"""] },
        { """{"type":"string","format":"uuid"}""", ["\"123e4567-e89b-12d3-a456-426614174000\""], ["\"123\""] },
        { """{"type":"string","format":"ipv4"}""", ["\"0.10.255.249\""], ["\"256.1.1.1\"", "\"01.1.1.1\""] },
        { "{}", ["1", "{}", """{"a":[true,null,"x",-1.5e3]}""", "[ ]"], ["", "tru", "[1,]", "1 "] },
        { "true", ["null"], ["nul"] },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Grammar_OfASchema_TakesWhatFitsAndNothingElse(string schema, string[] good, string[] bad)
    {
        var grammar = Grammar(schema);
        Assert.All(good, text => Assert.True(GrammarWriter.Accepts(grammar, text), text));
        Assert.All(bad, text => Assert.False(GrammarWriter.Accepts(grammar, text), text));
    }

    [Theory]
    [InlineData("""{"type":"string","pattern":"a*"}""", "'pattern'")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"uniqueItems":true}}}""", "'properties.a.uniqueItems'")]
    [InlineData("""{"type":"object","patternProperties":{}}""", "'patternProperties'")]
    [InlineData("""{"type":"object","minProperties":1}""", "'minProperties'")]
    [InlineData("""{"type":"integer","multipleOf":3}""", "'multipleOf'")]
    [InlineData("""{"not":{}}""", "'not'")]
    [InlineData("""{"if":{},"then":{}}""", "'if'")]
    [InlineData("""{"anyOf":[{"type":"string"}],"type":"string"}""", "'type' is not supported beside 'anyOf'")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "not in this schema")]
    [InlineData("""{"$ref":"other.json"}""", "'$ref'")]
    [InlineData("""{"allOf":[{},{}]}""", "'allOf'")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "branches 0 and 1")]
    [InlineData("""{"oneOf":[{"type":"object"},{"type":"object"}]}""", "branches 0 and 1")]
    [InlineData("""{"oneOf":[{"const":1},{"const":1.0}]}""", "branches 0 and 1")]
    [InlineData("""{"type":"string","format":"email"}""", "'format' is not one of")]
    [InlineData("""{"type":"strin"}""", "'type'")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "'maxLength'")]
    [InlineData("""{"type":"string","maxLength":2001}""", "'maxLength'")]
    [InlineData("""{"type":"number","minimum":0.5}""", "'minimum' must be a whole number")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "no integer")]
    [InlineData("""{"type":"number","exclusiveMinimum":3,"maximum":3}""", "no number")]
    [InlineData("""{"type":"integer","minimum":1e30}""", "'minimum'")]
    [InlineData("""{"type":"object","required":["x"]}""", "'required' names 'x'")]
    [InlineData("""{"type":"string","enum":["a",1]}""", "'enum[1]'")]
    [InlineData("false", "nothing satisfies")]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"enum":[]}""", "'enum'")]
    public void Grammar_OfAnUnsupportedSchema_IsRefusedByName(string schema, string names) =>
        Assert.Contains(names, Assert.Throws<JsonSchemaException>(() => Grammar(schema)).Message, StringComparison.Ordinal);

    [Fact]
    public void Grammar_OfASchemaThatNeverEnds_IsRefused()
    {
        Assert.Equal(GrammarError.EndlessRule, Assert.Throws<GrammarException>(() => GrammarProgram.Parse(Grammar("""{"$ref":"#"}"""))).Error);
        Assert.Equal(GrammarError.EndlessRule, Assert.Throws<GrammarException>(() => GrammarProgram.Parse(Grammar("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"""))).Error);
    }

    [Fact]
    public void Grammar_OfAVeryLongChainOfReferences_IsMade()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 900).Select(i => $"\"d{i}\":{{\"$ref\":\"#/$defs/d{i + 1}\"}}"));
        Assert.True(GrammarWriter.Accepts(Grammar($"{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{{definitions},\"d900\":{{\"type\":\"null\"}}}}}}"), "null"));
    }

    /// <summary>Whatever the grammar of a random schema lets through is JSON and satisfies the schema.</summary>
    [Fact]
    public void Grammar_OfRandomSchemas_WritesOnlyWhatTheySay()
    {
        var written = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var schema = JsonDocument.Parse(RandomSchema.Make(random).ToJsonString()).RootElement;
            var grammar = JsonSchemaGrammar.Grammar(schema);
            for (var round = 0; round < 5; round++)
            {
                if (GrammarWriter.Write(grammar, random, 150) is not { } text)
                    continue;
                written++;
                using var value = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1024 });
                Assert.True(new SlowValidator(schema).IsValid(value.RootElement), $"seed {seed}: {text}\n{schema}");
            }
        }

        Assert.True(written > 1200, $"{written} texts came to their end");
    }

    [Fact]
    public void AnyObject_RandomTexts_AreJsonObjects()
    {
        var random = new Random(3);
        var written = Enumerable.Range(0, 200).Select(_ => GrammarWriter.Write(JsonSchemaGrammar.AnyObject(), random, 120)).OfType<string>().ToArray();
        Assert.True(written.Length > 150);
        Assert.All(written, text => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1024 }).RootElement.ValueKind));
    }
}
