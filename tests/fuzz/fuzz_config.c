/*
 * fuzz_config.c - bytes as a recorded configuration: refused with mistakes, or accepted and
 * then printed text must read back to the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 leaks a few bytes when a syntax error follows a text. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static void hear(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    if (!utf8_valid(str_of(mistake->text)))
        BUG("a mistake that is no text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config, *again;
    struct cw_str text = {(const char *)data, size};
    if (config_load_text(&config, text, hear, NULL) != 0)
        return 0;
    struct buf printed;
    buf_init(&printed, (size_t)16 << 20);
    config_print(config, &printed);
    if (config_load_text(&again, buf_str(&printed), hear, NULL) != 0 ||
        strcmp(config->sha256, again->sha256) != 0)
        BUG("does not read back to the same");
    config_free(again);
    buf_clear(&printed);
    config_print_json(config, &printed);
    buf_done(&printed);
    config_free(config);
    return 0;
}
