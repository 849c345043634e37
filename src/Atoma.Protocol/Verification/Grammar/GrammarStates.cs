using System.Runtime.InteropServices;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification.Grammar;

/// <summary>
/// The states that reading a text by a grammar can be in, found as they are needed. A state is a set of readings; a reading is
/// the instruction that reads the next byte and, linked, those to go on at when the open rules end. Bytes lead from state to
/// state; a step taken once is looked up from then on. For one answer, on one thread.
/// </summary>
internal sealed class GrammarStates
{
    /// <summary>The byte does not fit.</summary>
    public const int None = -1;

    private const int Unknown = -2;
    private const int NoFrame = -1;

    private readonly record struct Frame(int Instruction, int Parent, int Depth);

    private sealed record State(int[] Readings, bool MayEnd, int[] Next);

    private readonly GrammarProgram _program;
    private readonly byte[] _representatives;
    private readonly List<(int Instruction, int Parent)> _open = [];
    private readonly HashSet<(int, int)> _visited = [];
    private readonly List<int> _readings = [];
    private List<Frame> _frames = [];
    private Dictionary<(int Instruction, int Parent), int> _frameIds = [];
    private List<State> _states = [];
    private Dictionary<ReadingSet, int> _stateIds = [];
    private int _steps;
    private bool _mayEnd;

    public GrammarStates(GrammarProgram program)
    {
        _program = program;
        _representatives = new byte[program.ClassCount];
        for (var value = 255; value >= 0; value--)
            _representatives[program.ByteClasses[value]] = (byte)value;
        Open(program.Start, NoFrame);
        var start = Close();
        Start = start != None ? start : throw new GrammarException(GrammarError.TooLarge, "The grammar starts with too many alternatives at once.");
    }

    public int Start { get; }

    /// <summary>Whether the text may end here.</summary>
    public bool MayEnd(int state) => _states[state].MayEnd;

    /// <summary>The state after one more byte, or <see cref="None"/>.</summary>
    /// <exception cref="GrammarException">The token being chosen took too many steps.</exception>
    public int Next(int state, byte value)
    {
        var c = _program.ByteClasses[value];
        var next = _states[state].Next[c];
        return next != Unknown ? next : _states[state].Next[c] = Find(state, _representatives[c]);
    }

    /// <summary>A new token is to be chosen: its steps are counted anew. What is remembered is cut back when it is much; returns the state's number from then on.</summary>
    public int Renew(int state)
    {
        _steps = 0;
        if (_states.Count <= GrammarLimits.KeptStates && _frames.Count <= GrammarLimits.KeptFrames)
            return state;
        var (frames, kept) = (_frames, _states[state]);
        (_frames, _frameIds, _states, _stateIds) = ([], [], [], []);
        var moved = new Dictionary<int, int> { [NoFrame] = NoFrame };
        return Add([.. kept.Readings.Select(r => Move(frames, r, moved)).Order()], kept.MayEnd);
    }

    private int Find(int state, byte value)
    {
        foreach (var reading in _states[state].Readings)
        {
            var frame = _frames[reading];
            var instruction = _program.Instructions[frame.Instruction];
            Spend(1 + instruction.Count / 8);
            foreach (var range in _program.Ranges.AsSpan(instruction.First, instruction.Count))
            {
                if (value >= range.Low && value <= range.High)
                    Open(range.Next, frame.Parent);
            }
        }

        return Close();
    }

    private void Open(int instruction, int parent)
    {
        if (_visited.Add((instruction, parent)))
            _open.Add((instruction, parent));
    }

    /// <summary>Follows everything open up to the bytes it can read next; the state that this is.</summary>
    private int Close()
    {
        while (_open.Count > 0)
        {
            var (at, parent) = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            Spend(1);
            Follow(_program.Instructions[at], at, parent);
        }

        var state = _readings.Count > GrammarLimits.Stacks || (_readings.Count == 0 && !_mayEnd) ? None : Add(Sorted(_readings), _mayEnd);
        Reset();
        return state;
    }

    private void Follow(Instruction instruction, int at, int parent)
    {
        switch (instruction.Kind)
        {
            case InstructionKind.Bytes:
                _readings.Add(FrameOf(at, parent));
                break;
            case InstructionKind.Split:
                foreach (var target in _program.Targets.AsSpan(instruction.First, instruction.Count))
                    Open(target, parent);
                break;
            case InstructionKind.Call when IsReturn(instruction.Next):
                // Nothing follows the call: whoever called this rule is who the other returns to. Right recursion stays flat.
                Open(instruction.First, parent);
                break;
            case InstructionKind.Call:
                if (parent == NoFrame || _frames[parent].Depth < GrammarLimits.Depth)
                    Open(instruction.First, FrameOf(instruction.Next, parent));
                break;
            case InstructionKind.Return when parent == NoFrame:
                _mayEnd = true;
                break;
            default:
                Open(_frames[parent].Instruction, _frames[parent].Parent);
                break;
        }
    }

    private bool IsReturn(int instruction) => _program.Instructions[instruction].Kind == InstructionKind.Return;

    private void Spend(int steps)
    {
        _steps += steps;
        if (_steps <= GrammarLimits.StepsPerToken)
            return;
        Reset();
        throw new GrammarException(GrammarError.TooManySteps,
            $"The grammar is too ambiguous: choosing one token took more than {GrammarLimits.StepsPerToken} steps.");
    }

    private void Reset()
    {
        _open.Clear();
        _visited.Clear();
        _readings.Clear();
        _mayEnd = false;
    }

    private int FrameOf(int instruction, int parent)
    {
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_frameIds, (instruction, parent), out var known);
        if (!known)
        {
            id = _frames.Count;
            _frames.Add(new Frame(instruction, parent, parent == NoFrame ? 1 : _frames[parent].Depth + 1));
        }

        return id;
    }

    private int Add(int[] readings, bool mayEnd)
    {
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_stateIds, new ReadingSet(readings, mayEnd), out var known);
        if (!known)
        {
            id = _states.Count;
            var next = new int[_program.ClassCount];
            next.AsSpan().Fill(Unknown);
            _states.Add(new State(readings, mayEnd, next));
        }

        return id;
    }

    /// <summary>The frame and those below it among the frames kept; at most <see cref="GrammarLimits.Depth"/> deep.</summary>
    private int Move(List<Frame> from, int frame, Dictionary<int, int> moved)
    {
        var path = new Stack<int>();
        for (; !moved.ContainsKey(frame); frame = from[frame].Parent)
            path.Push(frame);
        var to = moved[frame];
        while (path.TryPop(out var next))
            moved[next] = to = FrameOf(from[next].Instruction, to);
        return to;
    }

    private static int[] Sorted(List<int> readings)
    {
        readings.Sort();
        return [.. readings];
    }

    /// <summary>Readings in ascending order, compared by value.</summary>
    private readonly struct ReadingSet(int[] readings, bool mayEnd) : IEquatable<ReadingSet>
    {
        private readonly int[] _readings = readings;
        private readonly bool _mayEnd = mayEnd;

        public bool Equals(ReadingSet other) => _mayEnd == other._mayEnd && _readings.AsSpan().SequenceEqual(other._readings);

        public override bool Equals(object? obj) => obj is ReadingSet other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_mayEnd);
            foreach (var reading in _readings)
                hash.Add(reading);
            return hash.ToHashCode();
        }
    }
}
