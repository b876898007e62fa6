/*
 * quarantine_index.c - two arrays that come and go with the two files.
 */
#include "io/quarantine_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_find.h"
#include "base/mem.h"
#include "core/ingest/topic.h"

void quarantine_index_clear(struct quarantine_index *index, int file)
{
    for (uint32_t i = 0; i < index->n[file]; i++)
        free(index->row[file][i].json);
    free(index->row[file]);
    index->row[file] = NULL;
    index->n[file] = 0;
}

void quarantine_index_done(struct quarantine_index *index)
{
    quarantine_index_clear(index, 0);
    quarantine_index_clear(index, 1);
}

/* All members in front of the payload, which is the last one. */
static char *head_of(struct cw_str line)
{
    static const char payload[] = ",\"payload_b64\":\"";
    const char *end = memmem(line.p, line.n, payload, sizeof(payload) - 1);
    size_t n = end ? (size_t)(end - line.p) : 0;
    char *head = xmalloc(n + 3);
    memcpy(head, n ? line.p : "{", n ? n : 1);
    memcpy(head + (n ? n : 1), "}", 2);
    return head;
}

static void forget_older_half(struct refused_row *row, uint32_t *n)
{
    uint32_t n_old = *n / 2;
    for (uint32_t i = 0; i < n_old; i++)
        free(row[i].json);
    *n -= n_old;
    memmove(row, row + n_old, *n * sizeof(*row));
}

void quarantine_index_add(struct quarantine_index *index, int file, struct cw_str line)
{
    struct cw_str topic, site, reason;
    if (index->n[file] == MAX_INDEXED)
        forget_older_half(index->row[file], &index->n[file]);
    index->row[file] = xrealloc(index->row[file], (index->n[file] + 1) * sizeof(**index->row));
    struct refused_row *row = &index->row[file][index->n[file]++];
    *row = (struct refused_row){.json = head_of(line)};
    if (json_find(line, "topic", &topic) && topic_site(topic, &site))
        (void)str_copy(row->site, sizeof(row->site), site);
    if (json_find(line, "reason", &reason))
        (void)str_copy(row->reason, sizeof(row->reason), reason);
}

/* ---- asking ---- */

#define MAX_REASONS 64

struct reason_count {
    const char *reason;
    uint32_t n;
};

static void count(struct reason_count counts[MAX_REASONS], uint32_t *n_counts,
                  const char *reason)
{
    uint32_t i = 0;
    while (i < *n_counts && strcmp(counts[i].reason, reason) != 0)
        i++;
    if (i == MAX_REASONS)
        return;
    if (i == *n_counts)
        counts[(*n_counts)++] = (struct reason_count){.reason = reason};
    counts[i].n++;
    for (; i > 0 && counts[i].n > counts[i - 1].n; i--) {
        struct reason_count less = counts[i - 1];
        counts[i - 1] = counts[i];
        counts[i] = less;
    }
}

static void reasons_json(const struct quarantine_index *index, struct cw_str site,
                         struct json_out *out)
{
    struct reason_count counts[MAX_REASONS];
    uint32_t n_counts = 0, n = 0;
    for (int file = 0; file < 2; file++) {
        for (uint32_t i = 0; i < index->n[file]; i++) {
            if (!str_is(site, index->row[file][i].site))
                continue;
            n++;
            count(counts, &n_counts, index->row[file][i].reason);
        }
    }
    json_member_int(out, "n", n);
    json_key(out, "reasons");
    json_array(out);
    for (uint32_t i = 0; i < n_counts; i++) {
        json_object(out);
        json_member_text(out, "reason", str_of(counts[i].reason));
        json_member_int(out, "n", counts[i].n);
        json_object_end(out);
    }
    json_array_end(out);
}

void quarantine_index_json(const struct quarantine_index *index, int current,
                           struct cw_str site, uint32_t limit, struct json_out *out)
{
    const int order[] = {current, 1 - current};
    reasons_json(index, site, out);
    json_key(out, "items");
    json_array(out);
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = index->n[order[k]]; i > 0 && limit > 0; i--) {
            const struct refused_row *row = &index->row[order[k]][i - 1];
            if (!str_is(site, row->site))
                continue;
            json_raw(out, str_of(row->json));
            limit--;
        }
    }
    json_array_end(out);
}
