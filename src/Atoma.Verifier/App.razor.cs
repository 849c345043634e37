using Atoma.Ethereum;
using Atoma.Protocol.Receipts;
using Atoma.Verifier.Receipts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.JSInterop;

namespace Atoma.Verifier;

/// <summary>The page: takes a file, bounded, and shows what the verifier says of it.</summary>
public sealed partial class App : ComponentBase
{
    /// <summary>Lets the browser paint before the verifier takes its only thread.</summary>
    private static readonly TimeSpan PaintTime = TimeSpan.FromMilliseconds(30);

    private static readonly EthereumSignatures Signatures = new();

    private string? _reading;
    private ReceiptCheck? _check;

    private async Task CheckAsync(InputFileChangeEventArgs chosen)
    {
        if (chosen.FileCount == 0)
            return;
        var file = chosen.File;
        _reading = file.Name;
        StateHasChanged();
        await Task.Delay(PaintTime);
        _check = await ReadAsync(file);
        _reading = null;
    }

    private static async Task<ReceiptCheck> ReadAsync(IBrowserFile file)
    {
        if (file.Size > ReceiptFile.LengthMax)
            return ReceiptCheck.Unread(file.Name, file.Size, $"is larger than a receipt can be ({ReceiptFile.LengthMax} bytes)");
        try
        {
            await using var stream = file.OpenReadStream(ReceiptFile.LengthMax);
            using var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer);
            return ReceiptCheck.Run(file.Name, buffer.ToArray(), Signatures, TimeProvider.System);
        }
        catch (Exception e) when (e is IOException or JSException)
        {
            return ReceiptCheck.Unread(file.Name, file.Size, "cannot be read: " + e.Message);
        }
    }
}
