using Atoma.Protocol.Common;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>
/// Notices a decode that takes too long: asks the library to end it, and when it does not within the same time again, gives the
/// engine thread up. A wedged context so ends its tasks with an error instead of holding them for ever.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>Looks per limit: a decode runs at most so much longer than it may.</summary>
    private const int LooksPerLimit = 4;

    private readonly EngineLoop _loop;
    private readonly TimeSpan _limit;
    private readonly Action _lost;
    private readonly string _model;
    private readonly ILogger _logger;
    private readonly Timer _timer;
    private bool _asked;

    /// <param name="loop">Whose decodes are watched.</param>
    /// <param name="limit">Time of one decode.</param>
    /// <param name="lost">Called once, before the thread's tasks are failed.</param>
    /// <param name="model">For the log.</param>
    /// <param name="logger">The engine's.</param>
    public Watchdog(EngineLoop loop, TimeSpan limit, Action lost, string model, ILogger logger)
    {
        _loop = loop;
        _limit = limit;
        _lost = lost;
        _model = model;
        _logger = logger;
        var period = limit / LooksPerLimit;
        Invariant.Assert(period >= TimeSpan.FromMilliseconds(1)); // a shorter one would fire once
        _timer = new Timer(static state => ((Watchdog)state!).Look(), this, period, period);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var elapsed = _loop.Clock.Elapsed;
        if (elapsed < _limit)
        {
            _asked = false;
        }
        else if (!_asked)
        {
            _asked = true;
            InferenceLog.DecodeStuck(_logger, _model, elapsed.TotalSeconds);
            _loop.AbortDecode();
        }
        else if (elapsed >= _limit * 2)
        {
            _timer.Dispose();
            InferenceLog.EngineLost(_logger, _model, elapsed.TotalSeconds);
            _lost();
            _loop.Abandon();
        }
    }
}
