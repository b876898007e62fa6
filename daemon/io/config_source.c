/*
 * config_source.c - the bytes of the configuration before libconfig sees them.
 *
 * Includes are spliced in here, with a record of where each line came from, and not by
 * libconfig 1.5: its scanner ends the program when a file cannot be read, and its include
 * folder breaks absolute paths. What libconfig would let pass silently is found here too:
 * integers beyond 32 bits without "L" (it cuts them), "\x00" in a text (it ends it there),
 * bytes that are not UTF-8.
 */
#include "io/config_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#define MAX_SOURCE_BYTES ((size_t)4 << 20)
#define MAX_SOURCE_LINES 60000 /* libconfig counts lines in 16 bits */
#define MAX_INCLUDE_DEPTH 8

/* Where the scan is; the state runs on from line to line. */
struct scan {
    struct loader *loader;
    const char *file;
    int line;
    bool in_text, in_comment;
};

int source_slurp(const char *path, size_t max, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat st;
    int result = 0;
    if (fstat(fd, &st) < 0)
        result = -errno;
    else if (S_ISDIR(st.st_mode))
        result = -EISDIR;
    else if (!S_ISREG(st.st_mode))
        result = -EINVAL;
    while (result == 0) {
        char block[4096];
        ssize_t n = read(fd, block, sizeof(block));
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            result = -errno;
        else if (n > 0 && out->n + (size_t)n > max)
            result = -EFBIG;
        else if (n > 0)
            buf_add(out, block, (size_t)n);
    }
    (void)close(fd);
    return result;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-' || c == '+' || c == '*';
}

/* A word that starts with a digit or a sign: an integer libconfig can hold? */
static void check_number(struct scan *scan, struct cw_str word)
{
    struct cw_str digits = word;
    bool wide = false;
    while (digits.n > 1 && digits.p[digits.n - 1] == 'L') {
        digits.n--;
        wide = true;
    }
    if (digits.n > 1 && digits.p[0] == '+') {
        digits.p++;
        digits.n--;
    }
    bool hex = digits.n > 2 && digits.p[0] == '0' && (digits.p[1] | 0x20) == 'x';
    if (hex) {
        if (digits.n - 2 > (wide ? 16u : 8u))
            mistake_line(scan->loader, scan->file, scan->line, "%.*s is too large", (int)word.n,
                         word.p);
        return;
    }
    int64_t value;
    int result = num_parse_i64(digits, &value);
    if (result == -ERANGE)
        mistake_line(scan->loader, scan->file, scan->line, "%.*s is too large for a number",
                     (int)word.n, word.p);
    else if (result == 0 && !wide && (value > INT32_MAX || value < INT32_MIN))
        mistake_line(scan->loader, scan->file, scan->line,
                     "%.*s is too large for a number without \"L\" behind it; durations and "
                     "sizes are texts with a unit",
                     (int)word.n, word.p);
}

/* One step outside texts and comments; returns how many bytes it took. */
static size_t scan_plain(struct scan *scan, struct cw_str line, size_t i)
{
    char c = line.p[i], next = i + 1 < line.n ? line.p[i + 1] : '\0';
    if (c == '#' || (c == '/' && next == '/'))
        return line.n - i;
    if (c == '/' && next == '*') {
        scan->in_comment = true;
        return 2;
    }
    if (c == '"') {
        scan->in_text = true;
        return 1;
    }
    if (!is_word_char(c))
        return 1;
    size_t end = i;
    while (end < line.n && is_word_char(line.p[end]))
        end++;
    if ((c >= '0' && c <= '9') || c == '-' || c == '+')
        check_number(scan, (struct cw_str){line.p + i, end - i});
    return end - i;
}

static size_t scan_text(struct scan *scan, struct cw_str line, size_t i)
{
    if (line.p[i] == '"') {
        scan->in_text = false;
        return 1;
    }
    if (line.p[i] != '\\' || i + 1 == line.n)
        return 1;
    if (line.n - i >= 4 && memcmp(line.p + i, "\\x00", 4) == 0)
        mistake_line(scan->loader, scan->file, scan->line, "\\x00 cannot be in a text");
    return 2;
}

static void scan_line(struct scan *scan, struct cw_str line)
{
    if (!utf8_valid(line))
        mistake_line(scan->loader, scan->file, scan->line, "not UTF-8");
    if (memchr(line.p, '\0', line.n))
        mistake_line(scan->loader, scan->file, scan->line, "a zero byte");
    for (size_t i = 0; i < line.n;) {
        if (scan->in_comment) {
            if (line.n - i >= 2 && line.p[i] == '*' && line.p[i + 1] == '/') {
                scan->in_comment = false;
                i++;
            }
            i++;
        } else if (scan->in_text) {
            i += scan_text(scan, line, i);
        } else {
            i += scan_plain(scan, line, i);
        }
    }
}

/* @include "NAME": the name, or an empty string when the line is something else. */
static struct cw_str include_name(struct cw_str line)
{
    const char *p = line.p, *end = line.p + line.n;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if ((size_t)(end - p) < 8 || memcmp(p, "@include", 8) != 0)
        return (struct cw_str){NULL, 0};
    p += 8;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    const char *close = NULL;
    if (p < end && *p == '"')
        close = memchr(p + 1, '"', (size_t)(end - p - 1));
    if (!close)
        return (struct cw_str){NULL, 0};
    return (struct cw_str){p + 1, (size_t)(close - p - 1)};
}

static void add_line(struct source_text *source, const struct scan *scan, struct cw_str line)
{
    if (source->n_lines == source->cap_lines) {
        source->cap_lines = source->cap_lines ? source->cap_lines * 2 : 256;
        source->line = xrealloc(source->line, source->cap_lines * sizeof(source->line[0]));
    }
    source->line[source->n_lines++] = (struct source_line){scan->file, scan->line};
    buf_add_str(&source->text, line);
    buf_add_char(&source->text, '\n');
}

static void add_file(struct loader *loader, const char *path, const struct scan *from,
                     unsigned depth, struct source_text *source);

/* The included file is looked for beside the one that includes it. */
static void add_include(struct scan *scan, struct cw_str name, unsigned depth,
                        struct source_text *source)
{
    if (scan->loader->from_text) {
        mistake_line(scan->loader, scan->file, scan->line,
                     "a recorded configuration cannot include files");
        return;
    }
    if (depth == MAX_INCLUDE_DEPTH) {
        mistake_line(scan->loader, scan->file, scan->line,
                     "includes are nested more than %d deep", MAX_INCLUDE_DEPTH);
        return;
    }
    const char *slash = strrchr(scan->file, '/');
    struct buf path;
    buf_init(&path, 4096);
    if (name.n > 0 && name.p[0] != '/' && slash)
        buf_add(&path, scan->file, (size_t)(slash + 1 - scan->file));
    buf_add_str(&path, name);
    add_file(scan->loader, loader_copy(scan->loader, buf_str(&path)), scan, depth + 1, source);
    buf_done(&path);
}

static void add_text(struct loader *loader, struct cw_str text, const char *file,
                     unsigned depth, struct source_text *source)
{
    struct scan scan = {.loader = loader, .file = file};
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        struct cw_str line = {text.p, end ? (size_t)(end - text.p) : text.n};
        size_t taken = line.n + (end ? 1 : 0);
        text.p += taken;
        text.n -= taken;
        scan.line++;
        if (source->n_lines == MAX_SOURCE_LINES) {
            mistake_line(loader, file, scan.line, "the configuration has more than %d lines",
                         MAX_SOURCE_LINES);
            return;
        }
        struct cw_str include = {NULL, 0};
        if (!scan.in_text && !scan.in_comment)
            include = include_name(line);
        if (include.p) {
            add_include(&scan, include, depth, source);
            continue;
        }
        scan_line(&scan, line);
        add_line(source, &scan, line);
    }
}

static void add_file(struct loader *loader, const char *path, const struct scan *from,
                     unsigned depth, struct source_text *source)
{
    struct buf text;
    buf_init(&text, MAX_SOURCE_BYTES + 4096);
    int result = source_slurp(path, MAX_SOURCE_BYTES, &text);
    if (result < 0)
        mistake_line(loader, from ? from->file : path, from ? from->line : 0,
                     "cannot read %s (%s)", path, strerror(-result));
    else
        add_text(loader, buf_str(&text), path, depth, source);
    buf_done(&text);
}

static bool source_whole(struct loader *loader, struct source_text *source)
{
    if (!source->text.full)
        return true;
    mistake_line(loader, loader->file, 0, "the configuration is larger than %zu MiB",
                 MAX_SOURCE_BYTES >> 20);
    return false;
}

bool source_read_file(struct loader *loader, const char *path, struct source_text *source)
{
    *source = (struct source_text){0};
    buf_init(&source->text, MAX_SOURCE_BYTES);
    add_file(loader, loader_copy(loader, str_of(path)), NULL, 0, source);
    return source_whole(loader, source);
}

bool source_read_text(struct loader *loader, struct cw_str text, struct source_text *source)
{
    *source = (struct source_text){0};
    buf_init(&source->text, MAX_SOURCE_BYTES);
    add_text(loader, text, "recorded configuration", 0, source);
    return source_whole(loader, source);
}

void source_done(struct source_text *source)
{
    buf_done(&source->text);
    free(source->line);
    *source = (struct source_text){0};
}
