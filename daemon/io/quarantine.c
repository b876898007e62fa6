/*
 * quarantine.c - two files that take turns: when the one being written is full, the other is
 * emptied and written next. So between N/2 and N of the last refused payloads are there.
 *
 * Appends are buffered by the page cache only (no fsync): losing the last ones in a power cut
 * is acceptable, the journal still has the records.
 */
#include "io/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/ingest/refusal.h"
#include "io/quarantine_index.h"

#define MAX_KEPT_PAYLOAD 4096u
#define MAX_ENTRY_BYTES (32u << 10)
#define FIRST_TAIL (64 << 10)

struct quarantine {
    char path[2][4000];
    int fd[2];
    int64_t n[2], max_each;
    int current;
    uint64_t n_errors;
    struct quarantine_index index;
};

/* What an earlier run left in the file. */
static void read_lines(struct quarantine *q, int i)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    FILE *in = fopen(q->path[i], "re");
    while (in && (n = getline(&line, &cap, in)) > 0) {
        if (line[n - 1] != '\n')
            break;
        quarantine_index_add(&q->index, i, (struct cw_str){line, (size_t)n - 1});
        q->n[i]++;
    }
    free(line);
    if (in)
        (void)fclose(in);
}

int quarantine_open(struct quarantine **out, const char *path, int64_t max_entries,
                    struct cw_error *err)
{
    struct quarantine *q = xcalloc(1, sizeof(*q));
    struct stat st[2];
    q->fd[0] = q->fd[1] = -1;
    q->max_each = max_entries / 2 > 0 ? max_entries / 2 : 1;
    for (int i = 0; i < 2; i++) {
        int n = snprintf(q->path[i], sizeof(q->path[i]), "%s.%d", path, i);
        if (n > 0 && (size_t)n < sizeof(q->path[i]))
            q->fd[i] = open(q->path[i], O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (q->fd[i] < 0 || fstat(q->fd[i], &st[i]) != 0) {
            int ret = err_set(err, -errno, "cannot open the quarantine %s: %s", q->path[i],
                              strerror(errno));
            quarantine_close(q);
            return ret;
        }
        read_lines(q, i);
    }
    /* The file that is not full is the one to go on with; of two full ones, the newer. */
    bool full[2] = {q->n[0] >= q->max_each, q->n[1] >= q->max_each};
    bool second_is_newer = st[1].st_mtim.tv_sec > st[0].st_mtim.tv_sec ||
                           (st[1].st_mtim.tv_sec == st[0].st_mtim.tv_sec &&
                            st[1].st_mtim.tv_nsec > st[0].st_mtim.tv_nsec);
    q->current = full[0] && (!full[1] || second_is_newer) ? 1 : 0;
    *out = q;
    return 0;
}

void quarantine_close(struct quarantine *q)
{
    if (!q)
        return;
    for (int i = 0; i < 2; i++) {
        if (q->fd[i] >= 0)
            close(q->fd[i]);
    }
    quarantine_index_done(&q->index);
    free(q);
}

static void append(struct quarantine *q, struct buf *line)
{
    buf_add_char(line, '\n');
    if (q->n[q->current] >= q->max_each) {
        q->current = 1 - q->current;
        quarantine_empty(q, q->current);
    }
    if (line->full || write(q->fd[q->current], line->p, line->n) != (ssize_t)line->n) {
        q->n_errors++;
    } else {
        q->n[q->current]++;
        quarantine_index_add(&q->index, q->current, (struct cw_str){line->p, line->n - 1});
    }
}

static void member_base64(struct json_out *out, const char *key, struct cw_str bytes)
{
    size_t n = bytes.n < MAX_KEPT_PAYLOAD ? bytes.n : MAX_KEPT_PAYLOAD;
    unsigned char text[MAX_KEPT_PAYLOAD * 4 / 3 + 8];
    int len = EVP_EncodeBlock(text, (const unsigned char *)bytes.p, (int)n);
    json_member_text(out, key, (struct cw_str){(const char *)text, (size_t)len});
}

void quarantine_add(struct quarantine *q, enum cw_refusal reason, const struct record *record,
                    const struct cw_error *err)
{
    struct buf line;
    struct json_out out;
    buf_init(&line, MAX_ENTRY_BYTES);
    json_out_init(&out, &line);
    json_object(&out);
    json_member_time(&out, "at", record->arrived_ns);
    json_member_text(
        &out, "topic",
        (struct cw_str){record->topic.p, record->topic.n < 512 ? record->topic.n : 512});
    json_member_text(&out, "reason", str_of(refusal_name(reason)));
    json_member_text(&out, "error", str_of(err ? err->text : ""));
    json_member_int(&out, "bytes", (int64_t)record->payload.n);
    member_base64(&out, "payload_b64", record->payload);
    json_object_end(&out);
    append(q, &line);
    buf_done(&line);
}

void quarantine_add_line(struct quarantine *q, int64_t now_ns, struct cw_str bad,
                         struct cw_str answer)
{
    struct buf line;
    struct json_out out;
    buf_init(&line, MAX_ENTRY_BYTES);
    json_out_init(&out, &line);
    json_object(&out);
    json_member_time(&out, "at", now_ns);
    json_member_text(&out, "reason", CW_STR("database"));
    json_member_text(
        &out, "error",
        (struct cw_str){answer.p, utf8_cut(answer, answer.n < 500 ? answer.n : 500)});
    json_member_int(&out, "bytes", (int64_t)bad.n);
    member_base64(&out, "payload_b64", bad);
    json_object_end(&out);
    append(q, &line);
    buf_done(&line);
}

/* ---- looking for a person ---- */

static bool line_has(struct cw_str line, const struct mask_words *words, struct cw_str resident)
{
    static const char key[] = "\"payload_b64\":\"";
    unsigned char room[MAX_ENTRY_BYTES];
    const char *begin = memmem(line.p, line.n, key, sizeof(key) - 1);
    if (mask_words_in(words, line) || line.n >= sizeof(room))
        return true;
    if (!begin)
        return false;
    begin += sizeof(key) - 1;
    const char *end = memchr(begin, '"', (size_t)(line.p + line.n - begin));
    int n = end ? EVP_DecodeBlock(room, (const unsigned char *)begin, (int)(end - begin)) : -1;
    struct cw_str payload = {(const char *)room, n > 0 ? (size_t)n : 0};
    return mask_words_in(words, payload) || mask_mentions(payload, "resident", resident) ||
           mask_mentions(payload, "recipient", resident);
}

bool quarantine_file_has(const struct quarantine *q, int i, const struct mask_words *words,
                         struct cw_str resident)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool has = false;
    FILE *in = fopen(q->path[i], "re");
    while (in && !has && (n = getline(&line, &cap, in)) > 0)
        has = line_has((struct cw_str){line, (size_t)n}, words, resident);
    free(line);
    if (in)
        (void)fclose(in);
    return has;
}

void quarantine_empty(struct quarantine *q, int i)
{
    q->n[i] = 0;
    quarantine_index_clear(&q->index, i);
    if (ftruncate(q->fd[i], 0) != 0)
        q->n_errors++;
}

/* The end of the file with more than `lines` whole lines, or all of it: who asks for the newest
 * hundred does not have the loop read megabytes. *n 0: there is none. */
static char *read_tail(int fd, uint32_t lines, ssize_t *n)
{
    struct stat st;
    char *text = NULL;
    *n = 0;
    if (fstat(fd, &st) != 0)
        return NULL;
    for (off_t want = FIRST_TAIL;; want *= 4) {
        off_t size = want < st.st_size ? want : st.st_size;
        uint32_t n_lines = 0;
        text = xrealloc(text, (size_t)size + 1);
        *n = pread(fd, text, (size_t)size, st.st_size - size);
        for (ssize_t i = 0; i < *n; i++)
            n_lines += text[i] == '\n';
        if (size == st.st_size || n_lines > lines)
            return text;
    }
}

/* Adds the lines of one file, newest first, until *left is used up. */
static void add_newest(struct quarantine *q, int i, uint32_t *left, struct json_out *out)
{
    ssize_t n;
    char *text = read_tail(q->fd[i], *left, &n);
    while (n > 0 && *left > 0) {
        ssize_t end = n - (text[n - 1] == '\n');
        ssize_t begin = end;
        while (begin > 0 && text[begin - 1] != '\n')
            begin--;
        if (end > begin) {
            json_raw(out, (struct cw_str){text + begin, (size_t)(end - begin)});
            (*left)--;
        }
        n = begin;
    }
    free(text);
}

void quarantine_json(struct quarantine *q, uint32_t limit, struct buf *buf)
{
    struct json_out out;
    uint32_t left = limit;
    json_out_init(&out, buf);
    json_object(&out);
    json_key(&out, "items");
    json_array(&out);
    add_newest(q, q->current, &left, &out);
    add_newest(q, 1 - q->current, &left, &out);
    json_array_end(&out);
    json_key(&out, "next");
    json_null(&out);
    json_object_end(&out);
}

void quarantine_of_site(const struct quarantine *q, struct cw_str site, uint32_t limit,
                        struct json_out *out)
{
    quarantine_index_json(&q->index, q->current, site, limit, out);
}
