/*
 * layout.c - one place per pattern: decoders number them so that few meet.
 */
#include "core/series/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void layouts_done(struct layouts *layouts)
{
    free(layouts->layout);
    layouts->layout = NULL;
}

void layouts_clear(struct layouts *layouts)
{
    layouts_done(layouts); /* the serial goes on */
}

const struct layout *layout_find(const struct layouts *layouts, uint32_t decoder,
                                 uint64_t pattern)
{
    if (pattern == 0 || !layouts->layout)
        return NULL;
    const struct layout *layout = &layouts->layout[pattern % MAX_LAYOUTS];
    return layout->pattern == pattern && layout->decoder == decoder ? layout : NULL;
}

void layout_keep(struct layouts *layouts, uint32_t decoder, uint64_t pattern,
                 const struct metric *const *metric, uint32_t n)
{
    if (pattern == 0 || n > MAX_LAYOUT_FIELDS)
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (metric[i]->measurement == MEASUREMENT_NONE)
            return;
    }
    if (!layouts->layout)
        layouts->layout = xcalloc(MAX_LAYOUTS, sizeof(*layouts->layout));
    uint32_t index = (uint32_t)(pattern % MAX_LAYOUTS);
    struct layout *layout = &layouts->layout[index];
    *layout = (struct layout){.pattern = pattern,
                              .serial = ++layouts->n_made,
                              .decoder = decoder,
                              .index = index,
                              .n = n};
    memcpy(layout->metric, metric, n * sizeof(*metric));
}
