// Invariance lab: does one token's row of logits depend on what else was in the batch?
//
//   invariance_lab quantize IN.gguf OUT.gguf q8_0|q4_0|q4_k_m
//   invariance_lab matrix   --model M --recipe R [--gens 8 --tokens 256 --ctx 2048 --modes a,b,...]
//   invariance_lab bench    --model M --recipe R [--ctx 2048 --streams 1,2,4,8,16,32 --no-v]
//
// `matrix` generates with one stream alone (the reference, every row of logits kept), repeats the same
// tokens in other batch shapes and compares bits. `bench` prices the recipe. Recipes are at the top of
// `recipe_by_name`; README.md says what each is for.
#include "ggml-backend.h"
#include "llama.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
double seconds_since(clock_type::time_point t) { return std::chrono::duration<double>(clock_type::now() - t).count(); }

[[noreturn]] void fail(const std::string & what) {
    std::fprintf(stderr, "invariance_lab: %s\n", what.c_str());
    std::exit(2);
}

// A counter-based generator (SplitMix64): every draw is a function of its coordinates alone.
uint64_t mix(uint64_t a, uint64_t b, uint64_t c = 0) {
    uint64_t x = a * 0x9E3779B97F4A7C15ull + b * 0xBF58476D1CE4E5B9ull + c * 0x94D049BB133111EBull + 0x2545F4914F6CDD1Dull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

// ---------------------------------------------------------------------------------------------------------------------
// Recipes: library flags plus a discipline for the shape of each llama_decode.

struct Recipe {
    std::string name;
    int  fa        = -1;     // llama_flash_attn_type: -1 auto, 0 off, 1 on
    int  type_k    = 1;      // ggml_type: 1 F16, 30 BF16, 8 Q8_0
    int  type_v    = 1;
    bool unified   = false;
    bool repack    = true;   // use_extra_bufts
    int  chunk     = 512;    // most rows of one sequence in one llama_decode
    int  most_rows = 512;    // most rows in one llama_decode when several prompts or checks share it
    int  min_rows  = 0;      // fewest rows in one llama_decode; dummies fill up
    int  seq_rows  = 1;      // fewest rows of each sequence in one llama_decode; dummies fill up
    bool flag_all  = false;  // logits wanted from every row, dummies too
    int  min_flags = 0;      // fewest rows with logits in one llama_decode: the output matrix is a batch too
    bool aligned   = false;  // every sequence always gives one whole block of `seq_rows` positions, sequences of one n_kv together
    bool one_shape = false;  // every llama_decode is `lanes` sequences x `seq_rows` rows; the last sequence only pins n_kv
    int  lanes     = 0;
    bool mixed     = true;   // continuous batching may put prompt rows and decode rows in one llama_decode
};

Recipe recipe_by_name(const std::string & n) {
    Recipe r; r.name = n;
    auto at = n.find(':');
    std::string base = n.substr(0, at);
    std::vector<int> p;
    while (at != std::string::npos) { p.push_back(std::atoi(n.c_str() + at + 1)); at = n.find(':', at + 1); }
    auto arg = [&](size_t i, int d) { return i < p.size() ? p[i] : d; };
    if (base == "default") {                                   // the library's own defaults, streams per sequence
    } else if (base == "unified") { r.unified = true;          // one shared KV cache
    } else if (base == "nofa")    { r.fa = 0;
    } else if (base == "q8kv")    { r.fa = 1; r.type_k = r.type_v = 8;
    } else if (base == "cpu") {                                // DESIGN, "Invariant mode"
        r.fa = 1; r.type_v = 30; r.repack = false; r.min_rows = 2; r.flag_all = true; r.mixed = false;
    } else if (base == "window") {                             // window:MIN:MAX rows per llama_decode, otherwise default
        r.min_rows = arg(0, 9); r.chunk = arg(1, 128); r.most_rows = r.chunk; r.min_flags = r.min_rows; r.mixed = false; r.fa = arg(2, 1);
    } else if (base == "rows") {                               // rows:PER_SEQ:MIN:MAX:FA
        r.seq_rows = arg(0, 2); r.min_rows = arg(1, 9); r.chunk = arg(2, 16); r.most_rows = 128; r.fa = arg(3, 0); r.min_flags = r.min_rows; r.mixed = false;
    } else if (base == "oneshape") {                           // oneshape:LANES:ROWS
        r.lanes = arg(0, 9); r.seq_rows = arg(1, 8); r.chunk = r.seq_rows; r.one_shape = true; r.most_rows = r.lanes * r.seq_rows; r.min_flags = 16; r.fa = 1; r.mixed = false;
    } else if (base == "aligned") {                            // aligned:ROWS, attention without the flash kernel
        r.seq_rows = r.chunk = arg(0, 16); r.aligned = true; r.most_rows = 128; r.min_flags = 16; r.fa = 0; r.mixed = false;
    } else if (base == "natural") {                            // natural:CHUNK, for a patched library: no discipline at all
        r.fa = 1; r.chunk = r.most_rows = arg(0, 512);
    } else fail("unknown recipe " + n);
    return r;
}

// ---------------------------------------------------------------------------------------------------------------------

struct Model {
    llama_model *       model = nullptr;
    const llama_vocab * vocab = nullptr;
    int                 n_vocab = 0;
    Model(const std::string & path, bool repack) {
        auto p = llama_model_default_params();
        p.n_gpu_layers    = 999;
        p.use_extra_bufts = repack;
        model = llama_model_load_from_file(path.c_str(), p);
        if (!model) fail("cannot load " + path);
        vocab   = llama_model_get_vocab(model);
        n_vocab = llama_vocab_n_tokens(vocab);
    }
    ~Model() { llama_model_free(model); }
};

struct Row { int seq; llama_token token; int pos; bool want; };

class Context {
public:
    Context(const Model & m, const Recipe & r, int n_seq, int ctx_per_seq) : model(m), recipe(r) {
        lanes = r.one_shape ? r.lanes : n_seq;
        ctx   = ctx_per_seq;
        auto p = llama_context_default_params();
        p.n_seq_max       = (uint32_t) lanes;
        p.n_ctx           = (uint32_t) (ctx_per_seq * lanes);
        p.n_batch         = 4096;
        p.n_ubatch        = 512;
        p.n_threads       = p.n_threads_batch = std::getenv("LAB_THREADS") ? std::atoi(std::getenv("LAB_THREADS")) : 8;
        p.flash_attn_type = (llama_flash_attn_type) r.fa;
        p.type_k          = (ggml_type) r.type_k;
        p.type_v          = (ggml_type) r.type_v;
        p.kv_unified      = r.unified;
        p.no_perf         = true;
        c = llama_init_from_model(m.model, p);
        if (!c) fail("cannot create a context");
        mem   = llama_get_memory(c);
        batch = llama_batch_init(4096, 0, 1);
        pin();
    }
    ~Context() { llama_batch_free(batch); llama_free(c); }

    int usable_lanes() const { return recipe.one_shape ? lanes - 1 : lanes; }
    void clear() { llama_memory_clear(mem, true); history.clear(); pin(); }
    void drop(int seq, int from = 0) { llama_memory_seq_rm(mem, seq, from, -1); if ((int) history[seq].size() > from) history[seq].resize(from); }
    void copy(int from, int to) { llama_memory_seq_cp(mem, from, to, -1, -1); history[to] = history[from]; }
    // Logits of the i-th row given to the last `run`.
    const float * logits(int i) { return recipe.aligned ? kept.data() + (size_t) map[i] * model.n_vocab : llama_get_logits_ith(c, map[i]); }
    void sync() { llama_synchronize(c); }

    // Rows of one sequence stand together, sequences ascend.
    void run(const std::vector<Row> & rows) {
        map.assign(rows.size(), -1);
        batch.n_tokens = 0;
        tails.clear();
        if (recipe.aligned) { run_aligned(rows); return; }
        if (recipe.one_shape) fill_one_shape(rows); else fill(rows);
        decode();
        for (auto & t : tails) llama_memory_seq_rm(mem, t.first, t.second, -1);
    }

    // Feeds tokens[from..to) of one sequence in chunks; `each(index, logits)` is called for wanted rows.
    template <class F> void feed(const std::vector<llama_token> & tokens, int from, int to, int seq, int chunk, int want_from, F each) {
        chunk = std::min(chunk, recipe.chunk);
        for (int i = from, next; i < to; i = next) {
            const int e = std::min(to, recipe.aligned ? (i / recipe.seq_rows + 1) * recipe.seq_rows : i + chunk);
            std::vector<Row> rows;
            for (int k = i; k < e; k++) rows.push_back({seq, tokens[k], k, k >= want_from});
            run(rows);
            next = e;
            for (int k = std::max(i, want_from); k < e; k++) each(k, logits(k - i));
        }
    }

    const Model & model;
    const Recipe  recipe;

private:
    void add(int seq, llama_token token, int pos, bool want) {
        const int i = batch.n_tokens++;
        batch.token[i] = token; batch.pos[i] = pos; batch.n_seq_id[i] = 1; batch.seq_id[i][0] = seq; batch.logits[i] = want;
    }
    void decode() {
        int flags = 0;
        for (int i = 0; i < batch.n_tokens; i++) flags += batch.logits[i] != 0;
        for (int i = batch.n_tokens - 1; i >= 0 && flags < recipe.min_flags && !pinning; i--) if (!batch.logits[i]) { batch.logits[i] = 1; flags++; }
        const int rc = llama_decode(c, batch);
        if (rc != 0) fail("llama_decode returned " + std::to_string(rc));
    }
    void fill(const std::vector<Row> & rows) {
        std::map<int, std::vector<int>> by_seq;
        for (size_t i = 0; i < rows.size(); i++) by_seq[rows[i].seq].push_back((int) i);
        if (recipe.min_rows > 0 || recipe.seq_rows > 1) {           // a gap between sequences would split the batch
            const int lo = by_seq.begin()->first, hi = by_seq.rbegin()->first;
            for (int s = lo; s <= hi; s++) by_seq[s];
        }
        int per = recipe.seq_rows;
        for (auto & q : by_seq) per = std::max(per, (int) q.second.size());
        const int n = (int) by_seq.size();
        if (recipe.min_rows > 0) per = std::max(per, (recipe.min_rows + n - 1) / n);
        const bool level = recipe.min_rows > 0 || recipe.seq_rows > 1;
        for (auto & q : by_seq) {
            int pos = q.second.empty() ? llama_memory_seq_pos_max(mem, q.first) + 1 : 0, have = 0;
            for (int i : q.second) {
                map[i] = batch.n_tokens;
                add(q.first, rows[i].token, rows[i].pos, rows[i].want || recipe.flag_all);
                pos = rows[i].pos + 1; have++;
            }
            if (level && have < per) {
                tails.push_back({q.first, pos});
                for (; have < per; have++) add(q.first, 1, pos++, recipe.flag_all);
            }
        }
    }
    void fill_one_shape(const std::vector<Row> & rows) {
        size_t i = 0;
        for (int s = 0; s < lanes; s++) {
            int have = 0, pos = llama_memory_seq_pos_max(mem, s) + 1;
            for (; i < rows.size() && rows[i].seq == s; i++, have++) {
                map[i] = batch.n_tokens;
                add(s, rows[i].token, rows[i].pos, rows[i].want);
                pos = rows[i].pos + 1;
            }
            if (have > recipe.seq_rows) fail("one_shape: too many rows for one sequence");
            if (have < recipe.seq_rows) tails.push_back({s, pos});
            for (; have < recipe.seq_rows; have++) add(s, 1, pos++, false);
        }
    }
    // A row at position p is always computed in the whole block of positions that holds p, after the same
    // number of cells, whatever it is computed for: earlier rows of the block are computed again, later ones are dummies.
    void run_aligned(const std::vector<Row> & rows) {
        const int R = recipe.seq_rows, most = 128 / R;
        struct Part { int seq, block, first, n; };
        std::vector<Part> parts;
        for (size_t i = 0; i < rows.size(); i++) {
            auto & h = history[rows[i].seq];
            h.resize(rows[i].pos); h.push_back(rows[i].token);
            if (parts.empty() || parts.back().seq != rows[i].seq) parts.push_back({rows[i].seq, rows[i].pos / R * R, (int) i, 0});
            parts.back().n++;
            if (rows[i].pos >= parts.back().block + R) fail("aligned: rows of one sequence span two blocks");
        }
        kept.resize(rows.size() * (size_t) model.n_vocab);
        auto cells = [R](const Part & p) { return (p.block + R - 1) / 256; };
        for (size_t a = 0, b; a < parts.size(); a = b) {
            b = a + 1;
            while (b < parts.size() && (int) (b - a) < most && parts[b].seq == parts[b - 1].seq + 1 && cells(parts[b]) == cells(parts[a])) b++;
            batch.n_tokens = 0;
            std::vector<int> at(rows.size(), -1);
            for (size_t x = a; x < b; x++) {
                const auto & p = parts[x]; const auto & h = history[p.seq]; const int first = rows[p.first].pos;
                llama_memory_seq_rm(mem, p.seq, p.block, -1);
                for (int k = 0; k < R; k++) {
                    const int pos = p.block + k, i = p.first + pos - first;
                    const bool mine = pos >= first && pos < first + p.n;
                    if (mine && rows[i].want) at[i] = batch.n_tokens;
                    add(p.seq, pos < (int) h.size() ? h[pos] : 1, pos, mine && rows[i].want);
                }
            }
            decode();
            for (size_t i = 0; i < rows.size(); i++) if (at[i] >= 0) {
                map[i] = (int) i;
                std::memcpy(kept.data() + i * (size_t) model.n_vocab, llama_get_logits_ith(c, at[i]), sizeof(float) * model.n_vocab);
            }
            for (size_t x = a; x < b; x++) llama_memory_seq_rm(mem, parts[x].seq, (int) history[parts[x].seq].size(), -1);
        }
    }
    // The last lane is kept full to within one step, so n_kv is the same in every llama_decode.
    void pin() {
        if (!recipe.one_shape) return;
        const int n = ctx - recipe.seq_rows;
        pinning = true;
        for (int i = 0; i < n; i += 256) {
            batch.n_tokens = 0;
            for (int k = i; k < std::min(n, i + 256); k++) add(lanes - 1, 1, k, false);
            decode();
        }
        pinning = false;
    }

    llama_context * c = nullptr;
    llama_memory_t  mem = nullptr;
    llama_batch     batch{};
    std::vector<int> map;
    std::vector<std::pair<int, int>> tails;
    std::map<int, std::vector<llama_token>> history;
    std::vector<float> kept;
    bool pinning = false;
    int lanes = 0, ctx = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// The reference and the comparison.

int argmax(const float * l, int n) { return (int) (std::max_element(l, l + n) - l); }

// Seeded choice in the manner of P7.1: argmax(logit/T + Gumbel(seed, position, token)), over the likely tokens.
int choose(const float * l, int n, uint64_t seed, int at) {
    const float top = *std::max_element(l, l + n);
    int best = 0; double best_v = -1e300;
    for (int i = 0; i < n; i++) {
        if (l[i] < top - 16.0f) continue;
        const double u = ((mix(seed, (uint64_t) at, (uint64_t) i) >> 11) + 0.5) * (1.0 / 9007199254740992.0);
        const double v = l[i] - std::log(-std::log(u));
        if (v > best_v) { best_v = v; best = i; }
    }
    return best;
}

struct Reference {
    std::vector<std::vector<llama_token>> prompts, answers;
    std::vector<std::vector<std::vector<float>>> rows;     // [generation][token][vocabulary]
};

struct Tally {
    long rows = 0, same = 0, arg_diff = 0, choice_diff = 0;
    double max_abs = 0, sum_max = 0;
    std::set<int> gens_bits, gens_tokens;
    void row(const Reference & R, int g, int k, const float * x, int n) {
        const float * r = R.rows[g][k].data();
        rows++;
        if (std::memcmp(r, x, sizeof(float) * n) == 0) { same++; return; }
        gens_bits.insert(g);
        double m = 0;
        for (int i = 0; i < n; i++) { const double d = std::fabs((double) r[i] - x[i]); m = std::isnan(d) ? INFINITY : std::max(m, d); }
        max_abs = std::max(max_abs, m); sum_max += m;
        if (argmax(r, n) != argmax(x, n)) arg_diff++;
        if (choose(r, n, g, k) != choose(x, n, g, k)) { choice_diff++; gens_tokens.insert(g); }
    }
};

std::vector<std::vector<llama_token>> make_prompts(int n, int vocab, int room) {
    std::vector<std::vector<llama_token>> out;
    for (int g = 0; g < n; g++) {
        int len = g % 4 == 3 ? 200 + (int) (mix(7, g) % 500) : 16 + (int) (mix(7, g) % 80);
        len = std::min(len, room);
        std::vector<llama_token> p;
        for (int i = 0; i < len; i++) p.push_back((llama_token) (300 % vocab + mix(11, g, i) % (uint64_t) (vocab - 300 % vocab - 1)));
        out.push_back(p);
    }
    return out;
}

void decode_alone(Context & c, const Reference & R, int g, int seq, int upto, Tally & t) {
    const int P = (int) R.prompts[g].size();
    for (int k = 0; k + 1 < upto; k++) {
        c.run({{seq, R.answers[g][k], P + k, true}});
        t.row(R, g, k + 1, c.logits(0), c.model.n_vocab);
    }
}

Reference make_reference(const Model & m, const Recipe & r, int gens, int tokens, int ctx) {
    Reference R;
    R.prompts = make_prompts(gens, m.n_vocab, ctx - tokens - 64);
    R.answers.resize(gens); R.rows.resize(gens);
    Context c(m, r, 1, ctx);
    for (int g = 0; g < gens; g++) {
        c.clear();
        const int P = (int) R.prompts[g].size();
        auto keep = [&](const float * l) {
            R.rows[g].emplace_back(l, l + m.n_vocab);
            R.answers[g].push_back(choose(l, m.n_vocab, g, (int) R.answers[g].size()));
        };
        c.feed(R.prompts[g], 0, P, 0, r.chunk, P - 1, [&](int, const float * l) { keep(l); });
        while ((int) R.answers[g].size() < tokens) {
            const int k = (int) R.answers[g].size() - 1;
            c.run({{0, R.answers[g][k], P + k, true}});
            keep(c.logits(0));
        }
    }
    return R;
}

Tally run_mode(const Model & m, const Recipe & r, const Reference & R, const std::string & mode, int ctx) {
    Tally t;
    const auto at   = mode.find(':');
    const auto name = mode.substr(0, at);
    const int  arg  = at == std::string::npos ? 0 : std::atoi(mode.c_str() + at + 1);
    const int  G    = (int) R.prompts.size(), T = (int) R.answers[0].size(), V = m.n_vocab;
    const int  some = std::min(T, 16);
    auto prompt_row = [&](int g) { return [&t, &R, g, V](int, const float * l) { t.row(R, g, 0, l, V); }; };
    auto full = [&](int g) { auto s = R.prompts[g]; s.insert(s.end(), R.answers[g].begin(), R.answers[g].end() - 1); return s; };

    if (name == "alone" || name == "chunk" || name == "slot") {
        const int seq = name == "slot" ? arg : 0;
        Context c(m, r, seq + 1, ctx);
        if (seq >= c.usable_lanes()) return t;
        for (int g = 0; g < G; g++) {
            c.clear();
            const int P = (int) R.prompts[g].size();
            c.feed(R.prompts[g], 0, P, seq, name == "chunk" ? arg : r.chunk, P - 1, prompt_row(g));
            decode_alone(c, R, g, seq, name == "alone" ? T : some, t);
        }
    } else if (name == "prefix") {                       // half the prompt computed once, copied to another sequence, then continued there
        Context c(m, r, 2, ctx);
        for (int g = 0; g < G; g++) {
            c.clear();
            const int P = (int) R.prompts[g].size(), h = std::max(1, P / 2);
            c.feed(R.prompts[g], 0, P, 0, r.chunk, P, [](int, const float *) {});
            c.copy(0, 1); c.drop(1, h);
            c.feed(R.prompts[g], h, P, 1, r.chunk, P - 1, prompt_row(g));
            decode_alone(c, R, g, 1, some, t);
        }
    } else if (name == "check") {                        // teacher-forced: prompt and answer as one prefill
        Context c(m, r, 1, ctx);
        for (int g = 0; g < G; g++) {
            c.clear();
            const auto s = full(g); const int P = (int) R.prompts[g].size();
            c.feed(s, 0, (int) s.size(), 0, arg ? arg : r.chunk, P - 1, [&](int k, const float * l) { t.row(R, g, k - P + 1, l, V); });
        }
    } else if (name == "checks") {                       // `arg` answers teacher-forced side by side
        Context c(m, r, arg, ctx);
        const int n = std::min(arg, c.usable_lanes());
        for (int g0 = 0; g0 < G; g0 += n) {
            c.clear();
            const int per = std::min(r.chunk, std::max(1, r.most_rows / n));
            std::vector<std::vector<llama_token>> s; size_t longest = 0;
            for (int g = g0; g < std::min(G, g0 + n); g++) { s.push_back(full(g)); longest = std::max(longest, s.back().size()); }
            for (size_t i = 0; i < longest; i += per) {
                std::vector<Row> rows; std::vector<std::pair<int, int>> who;
                for (size_t q = 0; q < s.size(); q++) {
                    const int P = (int) R.prompts[g0 + q].size();
                    for (size_t k = i; k < std::min(s[q].size(), i + per); k++) { rows.push_back({(int) q, s[q][k], (int) k, (int) k >= P - 1}); who.push_back({g0 + (int) q, (int) k - P + 1}); }
                }
                c.run(rows);
                for (size_t x = 0; x < rows.size(); x++) if (who[x].second >= 0) t.row(R, who[x].first, who[x].second, c.logits((int) x), V);
            }
        }
    } else if (name == "batch" || name == "beside") {    // lockstep decode; `beside`: generation 0.. next to one long sequence
        const int want = name == "beside" ? 2 : arg;
        Context c(m, r, want, ctx);
        const int n = std::min(want, c.usable_lanes()), group = name == "beside" ? 1 : n;
        for (int g0 = 0; g0 < G; g0 += group) {
            c.clear();
            const int live = std::min(group, G - g0);
            std::vector<llama_token> tall;
            if (name == "beside") {
                for (int i = 0; i < ctx - T - 64; i++) tall.push_back((llama_token) (mix(3, i) % (uint64_t) (V - 1)));
                c.feed(tall, 0, (int) tall.size(), 1, r.chunk, (int) tall.size(), [](int, const float *) {});
            }
            for (int s = 0; s < live; s++) { const int P = (int) R.prompts[g0 + s].size(); c.feed(R.prompts[g0 + s], 0, P, s, r.chunk, P - 1, prompt_row(g0 + s)); }
            const int upto = name == "beside" ? some : T;
            for (int k = 0; k + 1 < upto; k++) {
                std::vector<Row> rows;
                for (int s = 0; s < live; s++) rows.push_back({s, R.answers[g0 + s][k], (int) R.prompts[g0 + s].size() + k, true});
                if (!tall.empty()) rows.push_back({1, 1, (int) tall.size() + k, true});
                c.run(rows);
                for (int s = 0; s < live; s++) t.row(R, g0 + s, k + 1, c.logits(s), V);
            }
        }
    } else if (name == "cont") {                         // continuous batching: random arrivals, prompt chunks of 16 beside running streams
        Context c(m, r, arg, ctx);
        struct Slot { int g = -1, fed = 0, k = 0; };
        std::vector<Slot> slots(std::min(arg, c.usable_lanes()));
        int next = 0, done = 0; uint64_t draw = 0;
        c.clear();
        while (done < G) {
            for (int s = 0; s < (int) slots.size(); s++) if (slots[s].g < 0 && next < G && mix(9, draw++) % 6 == 0) { c.drop(s); slots[s] = {next++, 0, 0}; }
            auto prompt_rows = [&](int s, std::vector<Row> & rows) {
                auto & q = slots[s]; const auto & p = R.prompts[q.g]; const int e = std::min((int) p.size(), q.fed + std::min(16, r.chunk));
                for (int k = q.fed; k < e; k++) rows.push_back({s, p[k], k, k == (int) p.size() - 1});
                q.fed = e;
            };
            std::vector<Row> rows; std::vector<int> last(slots.size(), -1), was_ready(slots.size(), 0);
            for (int s = 0; s < (int) slots.size(); s++) was_ready[s] = slots[s].g >= 0 && slots[s].k > 0;
            auto collect = [&](int s, const float * l) {
                auto & q = slots[s];
                t.row(R, q.g, q.k, l, V);
                if (++q.k == T) { q.g = -1; done++; }
            };
            for (int s = 0; s < (int) slots.size(); s++) {
                auto & q = slots[s];
                if (q.g < 0) continue;
                const int P = (int) R.prompts[q.g].size();
                if (was_ready[s]) { rows.push_back({s, R.answers[q.g][q.k - 1], P + q.k - 1, true}); last[s] = (int) rows.size() - 1; }
                else if (r.mixed) { prompt_rows(s, rows); if (q.fed == P) last[s] = (int) rows.size() - 1; }
                else {
                    std::vector<Row> mine; prompt_rows(s, mine); c.run(mine);
                    if (q.fed == P) { t.row(R, q.g, 0, c.logits((int) mine.size() - 1), V); q.k = 1; }
                }
            }
            if (rows.empty()) continue;
            c.run(rows);
            for (int s = 0; s < (int) slots.size(); s++) if (last[s] >= 0) collect(s, c.logits(last[s]));
        }
    } else fail("unknown mode " + mode);
    return t;
}

void matrix(const Model & m, const Recipe & r, int gens, int tokens, int ctx, const std::vector<std::string> & modes) {
    auto t0 = clock_type::now();
    const Reference R = make_reference(m, r, gens, tokens, ctx);
    uint64_t hash = 0;                                   // equal in every process of one echelon
    for (const auto & g : R.rows) for (const auto & row : g) for (float x : row) { uint32_t b; std::memcpy(&b, &x, 4); hash = mix(hash, b); }
    std::printf("# recipe %s reference %dx%d tokens, hash %016llx, %.1f s\n", r.name.c_str(), gens, tokens, (unsigned long long) hash, seconds_since(t0));
    long differing = 0, total = 0;
    for (const auto & mode : modes) {
        t0 = clock_type::now();
        const Tally t = run_mode(m, r, R, mode, ctx);
        differing += t.rows - t.same; total += t.rows;
        std::printf("%-14s %-10s identical %ld/%ld  max_abs %.3g  mean_max %.3g  argmax_diff %ld  choice_diff %ld  gens_bits %zu/%d gens_tokens %zu  %.1fs\n", r.name.c_str(), mode.c_str(),
            t.same, t.rows, t.max_abs, t.rows > t.same ? t.sum_max / (t.rows - t.same) : 0.0, t.arg_diff, t.choice_diff, t.gens_bits.size(), gens, t.gens_tokens.size(), seconds_since(t0));
        std::fflush(stdout);
    }
    std::printf("invariance recipe=%s differing_rows=%ld of %ld\n", r.name.c_str(), differing, total);
    std::fflush(stdout);
}

// ---------------------------------------------------------------------------------------------------------------------
// Prices. No sampling is timed: a step ends when its logits are in host memory.

double median(std::vector<double> v) { std::sort(v.begin(), v.end()); return v[v.size() / 2]; }

std::vector<llama_token> filler(int n, int vocab, int salt) {
    std::vector<llama_token> p;
    for (int i = 0; i < n; i++) p.push_back((llama_token) (mix(21, salt, i) % (uint64_t) (vocab - 1)));
    return p;
}

double time_prefill(Context & c, int n, int reps) {
    const auto p = filler(n, c.model.n_vocab, 1);
    std::vector<double> t;
    for (int i = 0; i < reps; i++) {
        c.drop(0); c.sync();
        const auto t0 = clock_type::now();
        c.feed(p, 0, n, 0, c.recipe.chunk, n - 1, [](int, const float *) {});
        c.sync();
        t.push_back(seconds_since(t0));
    }
    return median(t);
}

// Prompts of P tokens, then A steps, `n` streams; returns seconds {prefill, decode}.
std::pair<double, double> time_generate(Context & c, int P, int A, int n) {
    for (int s = 0; s < n; s++) c.drop(s);
    c.sync();
    auto t0 = clock_type::now();
    for (int s = 0; s < n; s++) { const auto p = filler(P, c.model.n_vocab, s); c.feed(p, 0, P, s, c.recipe.chunk, P - 1, [](int, const float *) {}); }
    c.sync();
    const double prefill = seconds_since(t0);
    t0 = clock_type::now();
    for (int k = 0; k + 1 < A; k++) {
        std::vector<Row> rows;
        for (int s = 0; s < n; s++) rows.push_back({s, (llama_token) (mix(5, s, k) % (uint64_t) (c.model.n_vocab - 1)), P + k, true});
        c.run(rows);
        (void) c.logits(0);
    }
    c.sync();
    return {prefill, seconds_since(t0)};
}

// Teacher-forced check of `n` answers; `beside` answers share each llama_decode.
double time_check(Context & c, int P, int A, int n, int beside) {
    for (int s = 0; s < n; s++) c.drop(s);
    c.sync();
    const auto t0 = clock_type::now();
    const int L = P + A - 1, per = std::min(c.recipe.chunk, std::max(1, c.recipe.most_rows / beside));
    for (int s0 = 0; s0 < n; s0 += beside) {
        for (int i = 0; i < L; i += per) {
            std::vector<Row> rows;
            for (int s = s0; s < std::min(n, s0 + beside); s++)
                for (int k = i; k < std::min(L, i + per); k++) rows.push_back({s, (llama_token) (mix(5, s, k) % (uint64_t) (c.model.n_vocab - 1)), k, k >= P - 1});
            c.run(rows);
            if (rows.back().want) (void) c.logits((int) rows.size() - 1);
        }
    }
    c.sync();
    return seconds_since(t0);
}

void bench(const Model & m, const Recipe & r, int ctx, const std::vector<int> & streams, bool with_v) {
    {
        Context c(m, r, 1, std::max(ctx, 2304));
        time_prefill(c, 448, 2);
        const double a = time_prefill(c, 448, 7), b = time_prefill(c, 2048, 5);
        std::printf("prefill %-14s 448 %.0f t/s (%.2f ms)  2048 %.0f t/s (%.2f ms)\n", r.name.c_str(), 448 / a, a * 1e3, 2048 / b, b * 1e3);
    }
    for (int n : streams) {
        Context c(m, r, n, std::min(ctx, 512));
        if (n > c.usable_lanes()) continue;
        time_generate(c, 64, 16, n);
        std::vector<double> t;
        for (int i = 0; i < 3; i++) t.push_back(time_generate(c, 64, 101, n).second / 100);
        const double s = median(t);
        std::printf("decode  %-14s streams %-2d  %.0f t/s  step %.3f ms\n", r.name.c_str(), n, n / s, s * 1e3);
    }
    if (with_v) for (int n : {1, 8}) {
        Context c(m, r, n, 1280);
        if (n > c.usable_lanes()) continue;
        for (auto pa : {std::make_pair(128, 128), std::make_pair(512, 512), std::make_pair(64, 1024)}) {
            time_check(c, pa.first, 64, n, 1);
            const auto g = time_generate(c, pa.first, pa.second, n);
            const double one = std::min(time_check(c, pa.first, pa.second, n, 1), time_check(c, pa.first, pa.second, n, 1));
            const double all = n > 1 ? time_check(c, pa.first, pa.second, n, n) : one;
            const double gen = g.first + g.second;
            std::printf("v       %-14s %d/%d streams %d  generate %.1f ms  check %.1f ms (beside each other %.1f)  v %.4f\n", r.name.c_str(),
                pa.first, pa.second, n, gen * 1e3, one * 1e3, all * 1e3, std::min(one, all) / gen);
        }
    }
    std::fflush(stdout);
}

int quantize(const char * in, const char * out, const std::string & type) {
    auto p = llama_model_quantize_default_params();
    p.nthread = 0;
    if      (type == "q8_0")   p.ftype = LLAMA_FTYPE_MOSTLY_Q8_0;
    else if (type == "q4_0")   p.ftype = LLAMA_FTYPE_MOSTLY_Q4_0;
    else if (type == "q4_k_m") p.ftype = LLAMA_FTYPE_MOSTLY_Q4_K_M;
    else fail("unknown type " + type);
    return (int) llama_model_quantize(in, out, &p);
}

std::vector<std::string> split(const std::string & s) {
    std::vector<std::string> out; size_t i = 0;
    while (i <= s.size()) { const auto e = std::min(s.find(',', i), s.size()); if (e > i) out.push_back(s.substr(i, e - i)); i = e + 1; }
    return out;
}

} // namespace

int main(int argc, char ** argv) {
    std::map<std::string, std::string> o = {{"recipe", "default"}, {"gens", "8"}, {"tokens", "256"}, {"ctx", "2048"}, {"streams", "1,2,4,8,16,32"},
        {"modes", "alone,slot:3,chunk:1,chunk:7,chunk:64,chunk:128,prefix,batch:2,batch:4,batch:8,batch:16,batch:32,beside,cont:8,cont:32,check,checks:8"}};
    std::vector<std::string> words;
    for (int i = 1; i < argc; i++) {
        const std::string a = argv[i];
        if (a.rfind("--", 0) == 0 && i + 1 < argc) o[a.substr(2)] = argv[++i]; else words.push_back(a);
    }
    if (words.empty()) fail("usage: quantize | matrix | bench, see the head of this file");

    llama_log_set([](ggml_log_level level, const char * text, void *) { if (level >= GGML_LOG_LEVEL_ERROR || std::getenv("LAB_VERBOSE")) std::fputs(text, stderr); }, nullptr);
    if (const char * b = std::getenv("LAB_BACKENDS")) for (const auto & p : split(b)) if (!ggml_backend_load(p.c_str())) fail("cannot load backend " + p);
    llama_backend_init();

    if (words[0] == "quantize") { if (words.size() < 4) fail("quantize IN OUT TYPE"); return quantize(words[1].c_str(), words[2].c_str(), words[3]); }
    const auto recipes = split(o["recipe"]);
    std::unique_ptr<Model> m;
    bool repack = true;
    for (const auto & name : recipes) {
        const Recipe r = recipe_by_name(name);
        if (!m || repack != r.repack) { m.reset(); m = std::make_unique<Model>(o["model"], r.repack); repack = r.repack; }
        std::printf("## %s model %s recipe %s INV_MODE %s\n", words[0].c_str(), o["model"].c_str(), name.c_str(), std::getenv("INV_MODE") ? std::getenv("INV_MODE") : "-");
        if (words[0] == "matrix") matrix(*m, r, std::atoi(o["gens"].c_str()), std::atoi(o["tokens"].c_str()), std::atoi(o["ctx"].c_str()), split(o["modes"]));
        else if (words[0] == "bench") { std::vector<int> s; for (auto & x : split(o["streams"])) s.push_back(std::atoi(x.c_str())); bench(*m, r, std::atoi(o["ctx"].c_str()), s, o.count("no-v") == 0); }
        else fail("unknown command " + words[0]);
    }
    m.reset();
    llama_backend_free();
    return 0;
}
