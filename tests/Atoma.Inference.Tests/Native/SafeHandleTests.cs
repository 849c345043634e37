using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens;

namespace Atoma.Inference.Tests.Native;

public class SafeHandleTests
{
    [ModelFact]
    public void Dispose_ModelBeforeContext_KeepsTheModelUntilTheContextIsGone()
    {
        TestModels.InitialiseLibrary();
        var model = ModelLoader.LoadWeights(GgufModel.Open(TestModels.F16), ContextRecipe.Fast);
        var context = new DecodeContext(model, ContextRecipe.Fast, new ContextShape(2, 256, 32, 32, 1), 512);
        model.Dispose();

        // The context still works: its model lives on.
        context.Prefill(0, [1, 400, 401], 1);
        Assert.True(float.IsFinite(context.Logits(0)[0]));
        context.Dispose();
    }

    [ModelFact]
    public void Dispose_ModelBeforeVocabulary_KeepsTheModelUntilTheVocabularyIsGone()
    {
        TestModels.InitialiseLibrary();
        var model = ModelLoader.LoadVocabulary(GgufModel.Open(TestModels.F16));
        var vocabulary = new Vocabulary(model);
        model.Dispose();
        Assert.NotEmpty(vocabulary.Tokenize("Lily"u8, addSpecial: true, parseSpecial: false));
        vocabulary.Dispose();
        Assert.Throws<ObjectDisposedException>(() => vocabulary.BytesOf(1));
    }

    [ModelFact]
    public void Create_ContextOfADisposedModel_Throws()
    {
        TestModels.InitialiseLibrary();
        var model = ModelLoader.LoadVocabulary(GgufModel.Open(TestModels.F16));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new Vocabulary(model));
    }
}
