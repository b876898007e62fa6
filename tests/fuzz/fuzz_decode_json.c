/*
 * Any bytes as JSON telemetry and as a document: the batch holds together, and what we accept
 * as a document another parser accepts too.
 */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
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
    if (!decoder->points(self, fuzzed.payload, (struct cw_str){metric, sizeof(metric) - 1},
                         &fuzzed.batch, &fuzzed.err))
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
