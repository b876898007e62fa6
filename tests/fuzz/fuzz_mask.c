/*
 * Any bytes as a payload: masking keeps the length, changes nothing twice, and leaves no word.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/journal/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct mask_words words = {.n = 0};
    char *text = malloc(n + 1);
    memcpy(text, data, n);
    mask_words_add(&words, CW_STR("王小明"));
    mask_words_add(&words, CW_STR("Anna Lee"));
    mask_words_add(&words, CW_STR("13800001111"));
    (void)mask_words_out(&words, text, n);
    if (mask_words_in(&words, (struct cw_str){text, n}) || mask_words_out(&words, text, n))
        abort();
    (void)mask_free_text(text, n);
    char *again = malloc(n + 1);
    memcpy(again, text, n);
    (void)mask_free_text(again, n);
    if (memcmp(again, text, n) != 0)
        abort();
    (void)mask_mentions((struct cw_str){text, n}, "alarm", CW_STR("A1"));
    free(again);
    free(text);
    mask_words_done(&words);
    return 0;
}
