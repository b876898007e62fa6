/*
 * decode_json.cc - JSON payloads: telemetry in the contract's shapes, and documents.
 *
 *   decode_json/reader     tokens of simdjson's first stage, strings, numbers, names
 *   decode_json/telemetry  flat, values, arrays, bare values
 *   decode_json/senml      RFC 8428
 *   decode_json/document   events, status, rosters
 *   decode_json/pattern    what differs from an earlier document in its values only
 *
 * Stricter than JSON, because two readers that disagree about a payload are a hole: no name
 * twice in an object, no \u0000, no byte order mark, no number beyond its type.
 */
#include <cerrno>

#include "decode_json/pattern.h"
#include "decode_json/shapes.h"

namespace
{

struct decode_json {
    struct json::workspace *workspace;
    struct json::patterns *patterns;
};

int32_t decode_json_open(void *self, struct cw_error *err)
{
    auto *decoder = static_cast<struct decode_json *>(self);
    decoder->workspace = json::workspace_new();
    if (decoder->workspace) {
        decoder->patterns = json::patterns_new();
        return 0;
    }
    if (err)
        strncpy(err->text, "simdjson cannot be started.", sizeof(err->text) - 1);
    return -ENOMEM;
}

void decode_json_close(void *self)
{
    auto *decoder = static_cast<struct decode_json *>(self);
    json::workspace_free(decoder->workspace);
    decoder->workspace = nullptr;
    json::patterns_free(decoder->patterns);
    decoder->patterns = nullptr;
}

bool is_literal(struct cw_str s, const char *word)
{
    size_t n = strlen(word);
    return s.n >= n && !memcmp(s.p, word, n) && (s.n == n || json::is_blank(s.p[n]));
}

int32_t decode_json_recognise(const void *, struct cw_str payload)
{
    while (payload.n && json::is_blank(*payload.p)) {
        payload.p++;
        payload.n--;
    }
    if (!payload.n)
        return 0;
    char first = *payload.p;
    /* A byte order mark too: it is JSON that is refused for a clear reason. */
    return first == '{' || first == '[' || first == '-' || first == '"' || first == '\xEF' ||
           json::is_digit(first) || is_literal(payload, "true") ||
           is_literal(payload, "false") || is_literal(payload, "null");
}

uint32_t decode_json_points(void *self, struct cw_str payload, struct cw_str metric,
                            struct cw_batch *batch, struct cw_error *err)
{
    auto *decoder = static_cast<struct decode_json *>(self);
    struct json::reader reader;
    if (batch->like && json::pattern_read(decoder->patterns, batch->like, payload, batch))
        return CW_ACCEPTED;
    bool ok = json::reader_start(&reader, decoder->workspace, payload, batch, err);
    const uint32_t *first = reader.at;
    ok = ok && json::read_telemetry(&reader, metric);
    uint32_t refusal = json::reader_finish(&reader, ok, payload);
    if (!refusal && batch->n_points == 1 && !reader.has_escapes)
        batch->pattern = json::pattern_of(decoder->patterns, payload, first, reader.end);
    return refusal;
}

uint32_t decode_json_document(void *self, struct cw_str payload, struct cw_batch *batch,
                              struct cw_error *err)
{
    auto *decoder = static_cast<struct decode_json *>(self);
    struct json::reader reader;
    bool ok = json::reader_start(&reader, decoder->workspace, payload, batch, err) &&
              json::read_document(&reader);
    return json::reader_finish(&reader, ok, payload);
}

const struct cw_decoder decoder_table = {
    sizeof(struct cw_decoder),
    decode_json_recognise,
    decode_json_points,
    decode_json_document,
};

} // namespace

CW_PLUGIN(decode_json) = {
    CW_ABI,
    CW_DECODER,
    "json",
    "JSON: flat, values, arrays, SenML (RFC 8428), bare values",
    sizeof(struct decode_json),
    nullptr,
    decode_json_open,
    decode_json_close,
    {&decoder_table},
};
