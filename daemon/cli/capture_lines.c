/*
 * capture_lines.c - each line goes through the JSON decoder that the engine has, too, so that
 * a capture means the same to whoever reads it.
 */
#include "cli/capture_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "core/ingest/capture.h"
#include "io/plugin_load.h"

#define MAX_LINE_BYTES (2u << 20)
#define PADDING 128 /* the parser reads ahead */
#define MAX_NODES 65536u

struct capture_lines {
    const char *path;
    FILE *file;
    uint64_t n;
    const struct cw_plugin *plugin;
    void *self;
    struct cw_batch batch;
    char *text; /* the line, padded */
    struct buf room;
};

int capture_lines_open(struct capture_lines **out, const char *path, struct cw_error *err)
{
    struct capture_lines *lines = xcalloc(1, sizeof(*lines));
    *out = lines;
    lines->path = path;
    lines->batch.max_nodes = MAX_NODES;
    lines->batch.max_text = MAX_LINE_BYTES;
    lines->batch.node = xcalloc(MAX_NODES, sizeof(*lines->batch.node));
    lines->batch.text = xmalloc(MAX_LINE_BYTES);
    lines->text = xcalloc(1, MAX_LINE_BYTES + PADDING);
    buf_init(&lines->room, MAX_RECORD_PAYLOAD);
    lines->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!lines->file)
        return err_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
    lines->plugin = plugin_find(CW_DECODER, "json");
    if (!lines->plugin)
        return err_set(err, -ENOENT, "there is no decoder named json");
    lines->self = xcalloc(1, lines->plugin->self_size + 1);
    if (lines->plugin->option)
        option_presets(lines->plugin->option, lines->self);
    return lines->plugin->open ? lines->plugin->open(lines->self, err) : 0;
}

void capture_lines_close(struct capture_lines *lines)
{
    if (!lines)
        return;
    if (lines->self && lines->plugin->close)
        lines->plugin->close(lines->self);
    if (lines->file && lines->file != stdin)
        (void)fclose(lines->file);
    free(lines->self);
    free(lines->batch.node);
    free(lines->batch.text);
    free(lines->text);
    buf_done(&lines->room);
    free(lines);
}

static int read_line(struct capture_lines *lines, size_t n, struct record *record,
                     struct cw_error *err)
{
    struct cw_batch *batch = &lines->batch;
    batch->n_nodes = batch->n_text = 0;
    struct cw_str text = {lines->text, n};
    if (lines->plugin->ops.decoder->document(lines->self, text, batch, err) != CW_ACCEPTED)
        return -EINVAL;
    struct cw_doc doc = {batch->node, batch->n_nodes};
    return capture_read(&doc, record, &lines->room, err);
}

int capture_lines_next(struct capture_lines *lines, struct record *record, struct cw_error *err)
{
    while (fgets(lines->text, MAX_LINE_BYTES, lines->file)) {
        struct cw_error why = {""};
        size_t n = strlen(lines->text);
        lines->n++;
        while (n > 0 && (lines->text[n - 1] == '\n' || lines->text[n - 1] == '\r'))
            n--;
        if (n == 0)
            continue;
        int ret = read_line(lines, n, record, &why);
        return ret ? err_set(err, ret, "%s:%llu: %s", lines->path, (unsigned long long)lines->n,
                             why.text)
                   : 0;
    }
    return -ENODATA;
}
