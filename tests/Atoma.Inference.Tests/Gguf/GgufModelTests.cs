using System.Text;
using Atoma.Inference.Gguf;
using Atoma.Inference.Tests.Support;
using static Atoma.Inference.Tests.Support.GgufEditor;

namespace Atoma.Inference.Tests.Gguf;

public class GgufModelTests
{
    private static readonly Dictionary<string, (GgufError Error, Action<GgufEditor> Change)> Mutations = new()
    {
        ["magic"] = (GgufError.NotGguf, e => e.Magic = 0x46464F47),
        ["magic zero"] = (GgufError.NotGguf, e => e.Magic = 0),
        ["version 0"] = (GgufError.VersionUnsupported, e => e.Version = 0),
        ["version 1"] = (GgufError.VersionUnsupported, e => e.Version = 1),
        ["version 4"] = (GgufError.VersionUnsupported, e => e.Version = 4),
        ["version big endian"] = (GgufError.VersionUnsupported, e => e.Version = 0x03000000),
        ["tensor count huge"] = (GgufError.CountOutOfRange, e => e.DeclaredTensors = ulong.MaxValue),
        ["tensor count negative"] = (GgufError.CountOutOfRange, e => e.DeclaredTensors = 1UL << 63),
        ["tensor count one more"] = (GgufError.StringOutOfRange, e => e.DeclaredTensors = (ulong)e.Tensors.Count + 1),
        ["tensor count one less"] = (GgufError.OffsetInvalid, e => e.Tensors.RemoveAt(0)),
        ["no tensors"] = (GgufError.NotAModel, e => e.Tensors.Clear()),
        ["entry count huge"] = (GgufError.CountOutOfRange, e => e.DeclaredEntries = 1UL << 40),
        ["entry count one less"] = (GgufError.TensorTypeUnknown, e => { e.Entries.Add((Bytes("zz"), Number(9))); e.DeclaredEntries = (ulong)e.Entries.Count - 1; }),
        ["key empty"] = (GgufError.StringOutOfRange, e => e.Entries.Insert(0, ([], Number(1)))),
        ["key too long"] = (GgufError.StringOutOfRange, e => e.Entries.Insert(0, (new byte[GgufLimits.KeyBytes + 1], Number(1)))),
        ["key twice"] = (GgufError.Duplicate, e => e.Entries.Add(e.Entries[0])),
        ["value type unknown"] = (GgufError.TypeUnknown, e => e.Set("x", [.. UInt32(13), 0, 0, 0, 0])),
        ["value type huge"] = (GgufError.TypeUnknown, e => e.Set("x", UInt32(uint.MaxValue))),
        ["string length huge"] = (GgufError.StringOutOfRange, e => e.Set("x", [.. UInt32(8), .. UInt64(ulong.MaxValue)])),
        ["string past end"] = (GgufError.Truncated, e => { e.Tensors.Clear(); e.Set("x", [.. UInt32(8), .. UInt64(GgufLimits.StringBytes)]); }),
        ["array of arrays"] = (GgufError.TypeUnknown, e => e.Set("x", [.. UInt32(9), .. UInt32(9), .. UInt64(1), .. Numbers(4, 1)])),
        ["array element type unknown"] = (GgufError.TypeUnknown, e => e.Set("x", [.. UInt32(9), .. UInt32(77), .. UInt64(1)])),
        ["array length huge"] = (GgufError.ArrayOutOfRange, e => e.Set("x", [.. UInt32(9), .. UInt32(4), .. UInt64(ulong.MaxValue / 4)])),
        ["array past end"] = (GgufError.Truncated, e => e.Set("x", [.. UInt32(9), .. UInt32(10), .. UInt64(GgufLimits.ArrayLength)])),
        ["string array past end"] = (GgufError.Truncated, e => e.Set("x", [.. UInt32(9), .. UInt32(8), .. UInt64(GgufLimits.ArrayLength)])),
        ["alignment 0"] = (GgufError.AlignmentInvalid, e => e.Set("general.alignment", Number(0))),
        ["alignment 24"] = (GgufError.AlignmentInvalid, e => e.Set("general.alignment", Number(24))),
        ["alignment huge"] = (GgufError.AlignmentInvalid, e => e.Set("general.alignment", Number(1u << 31))),
        ["alignment text"] = (GgufError.AlignmentInvalid, e => e.Set("general.alignment", Text("32"))),
        ["alignment other"] = (GgufError.OffsetInvalid, e => e.Set("general.alignment", Number(65536))),
        ["tensor name empty"] = (GgufError.StringOutOfRange, e => ChangeTensor(e, t => t with { Name = [] })),
        ["tensor name long"] = (GgufError.StringOutOfRange, e => ChangeTensor(e, t => t with { Name = new byte[64] })),
        ["tensor name twice"] = (GgufError.Duplicate, e => ChangeTensor(e, t => t with { Name = e.Tensors[1].Name })),
        ["tensor of no dimensions"] = (GgufError.ShapeOutOfRange, e => ChangeTensor(e, t => t with { Shape = [] })),
        ["tensor of five dimensions"] = (GgufError.ShapeOutOfRange, e => ChangeTensor(e, t => t with { Shape = [1, 1, 1, 1, 1] })),
        ["tensor size zero"] = (GgufError.ShapeOutOfRange, e => ChangeTensor(e, t => t with { Shape = [0, 4] })),
        ["tensor size negative"] = (GgufError.ShapeOutOfRange, e => ChangeTensor(e, t => t with { Shape = [ulong.MaxValue] })),
        ["tensor size overflow"] = (GgufError.ShapeOutOfRange, e => ChangeTensor(e, t => t with { Shape = [1UL << 32, 1UL << 32] })),
        ["tensor larger than file"] = (GgufError.DataTruncated, e => ChangeTensor(e, t => t with { Shape = [1UL << 40] })),
        ["tensor type unknown"] = (GgufError.TensorTypeUnknown, e => ChangeTensor(e, t => t with { Type = 4 })),
        ["tensor type huge"] = (GgufError.TensorTypeUnknown, e => ChangeTensor(e, t => t with { Type = uint.MaxValue })),
        ["tensor row not in blocks"] = (GgufError.ShapeOutOfRange, e => ChangeTensor(e, t => t with { Type = 8, Shape = [33] })),
        ["tensor offset shifted"] = (GgufError.OffsetInvalid, e => ChangeTensor(e, t => t with { Offset = 32 })),
        ["tensor offset huge"] = (GgufError.OffsetInvalid, e => ChangeTensor(e, t => t with { Offset = ulong.MaxValue })),
        ["tensor type of other size"] = (GgufError.OffsetInvalid, e => ChangeTensor(e, t => t with { Type = 28 })),
        ["architecture missing"] = (GgufError.KeyMissing, e => e.Remove("general.architecture")),
        ["architecture number"] = (GgufError.KeyMissing, e => e.Set("general.architecture", Number(1))),
        ["architecture unknown"] = (GgufError.ArchitectureUnsupported, e => e.Set("general.architecture", Text("quantum"))),
        ["architecture a projector"] = (GgufError.ArchitectureUnsupported, e => e.Set("general.architecture", Text("clip"))),
        ["type adapter"] = (GgufError.NotAModel, e => e.Set("general.type", Text("adapter"))),
        ["split"] = (GgufError.SplitUnsupported, e => e.Set("split.count", [.. UInt32(2), 3, 0])),
        ["context length missing"] = (GgufError.KeyMissing, e => e.Remove("llama.context_length")),
        ["context length zero"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.context_length", Number(0))),
        ["context length text"] = (GgufError.KeyMissing, e => e.Set("llama.context_length", Text("512"))),
        ["block count zero"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.block_count", Number(0))),
        ["block count huge"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.block_count", Number(513))),
        ["width zero"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.embedding_length", Number(0))),
        ["heads for wrong blocks"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.attention.head_count", Numbers(4, 8, 8))),
        ["heads not divisible"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.attention.head_count_kv", Number(3))),
        ["key/value heads zero"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.attention.head_count_kv", Number(0))),
        ["rope odd"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.rope.dimension_count", Number(7))),
        ["rope larger than head"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.rope.dimension_count", Number(1024))),
        ["rope scaling unknown"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.rope.scaling.type", Text("magic"))),
        ["experts used without experts"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.expert_used_count", Number(2))),
        ["experts without use"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.expert_count", Number(8))),
        ["experts too many"] = (GgufError.HyperparameterInvalid, e => e.Set("llama.expert_count", Number(100_000))),
        ["tokenizer missing"] = (GgufError.KeyMissing, e => e.Remove("tokenizer.ggml.model")),
        ["tokenizer none"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.model", Text("none"))),
        ["vocabulary missing"] = (GgufError.KeyMissing, e => e.Remove("tokenizer.ggml.tokens")),
        ["vocabulary of numbers"] = (GgufError.KeyMissing, e => e.Set("tokenizer.ggml.tokens", Numbers(4, 1, 2, 3))),
        ["vocabulary with a token twice"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.tokens", Texts(Enumerable.Repeat("a", 512)))),
        ["vocabulary with a token twice up to a zero byte"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.tokens", Texts(Enumerable.Range(0, 512).Select(i => i < 2 ? $"a\0{i}" : $"t{i}")))),
        ["vocabulary without bytes"] = (GgufError.TokenizerInvalid, e => { e.Set("tokenizer.ggml.tokens", Texts(Enumerable.Range(0, 512).Select(i => $"t{i}"))); e.Remove("tokenizer.ggml.token_type"); }),
        ["scores too few"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.scores", Numbers(6, 0))),
        ["scores of another type"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.scores", Texts("0"))),
        ["token types too few"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.token_type", Numbers(5, 1))),
        ["byte token misspelt"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.token_type", Numbers(5, Enumerable.Repeat(6u, 512)))),
        ["end of sequence outside"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.eos_token_id", Number(512))),
        ["begin of sequence outside"] = (GgufError.TokenizerInvalid, e => e.Set("tokenizer.ggml.bos_token_id", Number(uint.MaxValue))),
    };

    public static TheoryData<string> MutationNames() => [.. Mutations.Keys];

    [ModelTheory]
    [MemberData(nameof(MutationNames))]
    public void Read_MutatedHeader_IsRefusedWithItsError(string mutation)
    {
        var editor = GgufEditor.Open(TestModels.F16);
        Mutations[mutation].Change(editor);
        using var stream = new MemoryStream(editor.Build());
        var exception = Assert.Throws<GgufException>(() => GgufModel.Read(stream, "mutated"));
        Assert.Equal(Mutations[mutation].Error, exception.Error);
    }

    [ModelFact]
    public void Read_EveryTruncation_IsRefused()
    {
        var bytes = File.ReadAllBytes(TestModels.F16);
        for (var length = 0; length < bytes.Length; length += length < 256 ? 1 : 997)
        {
            using var stream = new MemoryStream(bytes, 0, length);
            Assert.Throws<GgufException>(() => GgufModel.Read(stream, "cut"));
        }
    }

    [ModelFact]
    public void Read_RandomBytesChanged_GivesAModelOrATypedError()
    {
        var bytes = File.ReadAllBytes(TestModels.F16);
        var random = new Random(17);
        for (var round = 0; round < 500; round++)
        {
            var changed = (byte[])bytes.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
                changed[random.Next(16_000)] = (byte)random.Next(256);
            using var stream = new MemoryStream(changed);
            var exception = Record.Exception(() => GgufModel.Read(stream, "random"));
            Assert.True(exception is null or GgufException, exception?.ToString());
        }
    }

    [ModelFact]
    public void Open_StoriesModel_ReadsItsMetadata()
    {
        var model = GgufModel.Open(TestModels.F16);
        Assert.Equal("llama", model.Architecture);
        Assert.Equal("F16", model.Quantisation);
        Assert.Equal(512, model.ContextLength);
        Assert.Equal(512, model.VocabularySize);
        Assert.Equal(0, model.Experts);
    }

    [ModelFact]
    public void Open_QuantisedModel_HasTheSameTokenizerDigest()
    {
        var half = GgufModel.Open(TestModels.F16);
        var quantised = GgufModel.Open(TestModels.PathOf("stories260K-q8_0.gguf"));
        Assert.Equal("Q8_0", quantised.Quantisation);
        Assert.Equal(half.TokenizerDigest, quantised.TokenizerDigest);
        Assert.NotEqual(half.DigestFile(), quantised.DigestFile());
    }

    [ModelFact]
    public void Read_OtherTemplate_HasAnotherTokenizerDigest()
    {
        using var stream = new MemoryStream(GgufEditor.Open(TestModels.F16).Set("tokenizer.chat_template", Text("<|im_start|>")).Build());
        Assert.NotEqual(GgufModel.Open(TestModels.F16).TokenizerDigest, GgufModel.Read(stream, "templated").TokenizerDigest);
    }

    [Fact]
    public void Open_NoFile_IsUnreadable() =>
        Assert.Equal(GgufError.Unreadable, Assert.Throws<GgufException>(() => GgufModel.Open("/nonexistent/model.gguf")).Error);

    private static void ChangeTensor(GgufEditor editor, Func<GgufEditor.Tensor, GgufEditor.Tensor> change) =>
        editor.Tensors[0] = change(editor.Tensors[0]);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
