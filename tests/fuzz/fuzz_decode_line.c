/*
 * Any bytes as line protocol: the batch holds together whatever they are.
 */
#include "decoding_checks.h"

extern const struct cw_plugin carewatch_plugin_decode_line;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void *self;
    static struct fuzzed fuzzed;
    const struct cw_plugin *plugin = &carewatch_plugin_decode_line;
    if (!self)
        self = xcalloc(1, plugin->self_size);
    fuzzed_init(&fuzzed, data, n);
    (void)plugin->ops.decoder->recognise(self, fuzzed.payload);
    if (!plugin->ops.decoder->points(self, fuzzed.payload, (struct cw_str){"", 0},
                                     &fuzzed.batch, &fuzzed.err))
        check_points(&fuzzed, NULL);
    else if (!fuzzed.err.text[0])
        BUG("refused without a sentence");
    fuzzed_done(&fuzzed);
    return 0;
}
