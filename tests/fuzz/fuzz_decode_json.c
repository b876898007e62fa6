/*
 * Any bytes as JSON telemetry and as a document: the batch holds together, what we accept as a
 * document another parser accepts too, and no hint of a pattern changes what is read.
 */
#include <stdbool.h>

#include <jansson.h>

#include "decoding_checks.h"

extern const struct cw_plugin carewatch_plugin_decode_json;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_nodes(const struct fuzzed *fuzzed)
{
    const struct cw_batch *batch = &fuzzed->batch;
    if (!batch->n_nodes || batch->n_nodes > MAX_NODES || batch->node[0].next != batch->n_nodes)
        BUG("the root is not the whole document");
    for (uint32_t i = 0; i < batch->n_nodes; i++) {
        const struct cw_node *node = &batch->node[i];
        uint32_t n_children = 0;
        uint32_t child = i + 1;
        for (; child < node->next; child = batch->node[child].next)
            n_children++;
        if (child != node->next || n_children != node->n_children)
            BUG("the children of a node do not fill it");
        if (n_children && node->type != CW_NODE_ARRAY && node->type != CW_NODE_OBJECT)
            BUG("a plain value has children");
        check_text(fuzzed, node->key, NULL);
        check_text(fuzzed, node->raw, NULL);
        if (node->type == CW_NODE_TEXT)
            check_text(fuzzed, node->v.text, NULL);
    }
}

static void check_other_parser(const struct fuzzed *fuzzed)
{
    json_error_t error;
    json_t *json =
        json_loadb(fuzzed->payload.p, fuzzed->payload.n, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        BUG("another parser refuses it: %s", error.text);
    json_decref(json);
}

static bool same_text(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.n == 0 || a.p == b.p || memcmp(a.p, b.p, a.n) == 0);
}

static bool same_field(const struct cw_field *a, const struct cw_field *b)
{
    if (a->type != b->type || !same_text(a->key, b->key) || !same_text(a->raw, b->raw))
        return false;
    if (a->type == CW_TEXT)
        return same_text(a->v.text, b->v.text);
    return a->type == CW_BOOL ? !a->v.boolean == !b->v.boolean
                              : memcmp(&a->v.f64, &b->v.f64, sizeof(double)) == 0;
}

/* The payload again, as if it came from who sent that pattern last. */
static void check_hint(void *self, const struct fuzzed *fuzzed, uint32_t refusal, uint64_t like)
{
    static struct fuzzed again;
    const struct cw_batch *was = &fuzzed->batch, *is = &again.batch;
    const struct cw_decoder *decoder = carewatch_plugin_decode_json.ops.decoder;
    fuzzed_init(&again, (const uint8_t *)fuzzed->payload.p, fuzzed->payload.n);
    again.batch.like = like;
    if (decoder->points(self, again.payload, CW_STR("metric"), &again.batch, &again.err) !=
        refusal)
        BUG("a hint changes whether it is taken");
    if (!refusal && (was->n_points != is->n_points || was->n_fields != is->n_fields ||
                     was->pattern != is->pattern))
        BUG("a hint changes how much is read");
    for (uint32_t i = 0; !refusal && i < was->n_points; i++) {
        const struct cw_point *a = &was->point[i], *b = &is->point[i];
        if (a->time_ns != b->time_ns || a->seq != b->seq || a->n_fields != b->n_fields ||
            a->relative != b->relative || !same_text(a->device, b->device))
            BUG("a hint changes a point");
    }
    for (uint32_t i = 0; !refusal && i < was->n_fields; i++) {
        if (!same_field(&was->field[i], &is->field[i]))
            BUG("a hint changes a field");
    }
    if (!refusal)
        check_points(&again, "metric");
    fuzzed_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint64_t last_pattern;
    static const char metric[] = "metric";
    static void *self;
    static struct fuzzed fuzzed;
    const struct cw_plugin *plugin = &carewatch_plugin_decode_json;
    const struct cw_decoder *decoder = plugin->ops.decoder;
    if (!self) {
        self = xcalloc(1, plugin->self_size);
        if (plugin->open(self, &fuzzed.err))
            BUG("cannot open");
    }
    fuzzed_init(&fuzzed, data, n);
    (void)decoder->recognise(self, fuzzed.payload);
    uint32_t refusal =
        decoder->points(self, fuzzed.payload, (struct cw_str){metric, sizeof(metric) - 1},
                        &fuzzed.batch, &fuzzed.err);
    check_hint(self, &fuzzed, refusal, last_pattern);
    check_hint(self, &fuzzed, refusal, fuzzed.batch.pattern);
    if (!refusal && fuzzed.batch.pattern)
        last_pattern = fuzzed.batch.pattern;
    if (!refusal)
        check_points(&fuzzed, metric);
    else if (!fuzzed.err.text[0])
        BUG("refused without a sentence");
    if (!decoder->document(self, fuzzed.payload, &fuzzed.batch, &fuzzed.err)) {
        check_nodes(&fuzzed);
        check_other_parser(&fuzzed);
    }
    fuzzed_done(&fuzzed);
    return 0;
}
