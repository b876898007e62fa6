/*
 * cmd_import.c - `carewatch import KIND FILE.csv`: a spreadsheet's rows into the registry.
 * Only says what would become of each row, until --apply.
 *
 * The first line names the fields. An empty cell says nothing, a cell "-" takes the value away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cmd_remote.h"

#define MAX_FILE_BYTES ((size_t)256 << 20)
#define MAX_COLUMNS 64u
/* A batch stays below http.max_body as it is by itself. */
#define BATCH_BYTES (48u << 10)
#define BATCH_ROWS 500u
#define MAX_PATH 200u

struct importing {
    struct remote remote;
    const char *kind;
    bool apply, verbose;
    struct cw_str column[MAX_COLUMNS];
    unsigned n_columns;
    struct buf body;
    struct json_out out;
    unsigned line[BATCH_ROWS]; /* of the rows of this batch */
    unsigned n_rows;
    unsigned n_new, n_known, n_unchanged, n_refused;
};

static int usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch import organisations|sites|projects|people|areas|staff|beds|"
            "tenancies FILE.csv\n"
            "                        [--apply] [--verbose] " REMOTE_USAGE "\n"
            "The first line of FILE.csv names the fields (carewatch schema openapi). Without\n"
            "--apply nothing is changed: the verdict of every row that would be refused is\n"
            "printed, with --verbose of every row. Exit 1 if any row is refused.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static void begin(struct importing *importing)
{
    buf_clear(&importing->body);
    json_out_init(&importing->out, &importing->body);
    json_object(&importing->out);
    json_key(&importing->out, "rows");
    json_array(&importing->out);
    importing->n_rows = 0;
}

static void count(struct importing *importing, const struct json_node *item)
{
    const char *verdict = node_text(node_get(item, "verdict"), "refused");
    int64_t row = node_int(node_get(item, "row"), 0);
    unsigned line = row >= 0 && row < (int64_t)importing->n_rows ? importing->line[row] : 0;
    bool refused = strcmp(verdict, "refused") == 0;
    importing->n_refused += refused;
    importing->n_new += strcmp(verdict, "new") == 0;
    importing->n_unchanged += strcmp(verdict, "unchanged") == 0;
    importing->n_known += strcmp(verdict, "known") == 0 || strcmp(verdict, "changed") == 0;
    if (importing->remote.json || !(refused || importing->verbose))
        return;
    printf("line %u: %s %s%s%s\n", line, node_text(node_get(item, "id"), "-"), verdict,
           refused ? ": " : "", node_text(node_get(item, "why"), ""));
}

static int send_batch(struct importing *importing)
{
    char path[MAX_PATH];
    struct json_node *root = NULL;
    if (importing->n_rows == 0)
        return EXIT_OK;
    json_array_end(&importing->out);
    json_object_end(&importing->out);
    (void)snprintf(path, sizeof(path), "/api/v1/import/%s?dry_run=%s", importing->kind,
                   importing->apply ? "no" : "yes");
    int code =
        remote_read(&importing->remote, "POST", path, NULL, buf_str(&importing->body), &root);
    const struct json_node *items = node_get(root, "items"), *item;
    for (size_t i = 0; (item = node_at(items, i)); i++)
        count(importing, item);
    json_read_free(root);
    begin(importing);
    return code;
}

static void add_row(struct importing *importing, const struct cw_str *cell, int n,
                    unsigned line)
{
    char name[MAX_ID + 1];
    json_object(&importing->out);
    for (int i = 0; i < n; i++) {
        if (cell[i].n == 0 || !str_copy(name, sizeof(name), importing->column[i]))
            continue;
        json_key(&importing->out, name);
        if (str_is(cell[i], "-"))
            json_null(&importing->out);
        else
            json_text(&importing->out, cell[i]);
    }
    json_object_end(&importing->out);
    importing->line[importing->n_rows++] = line;
}

static int read_head(struct importing *importing, struct csv *csv, struct cw_error *err)
{
    int n = csv_row(csv, importing->column, MAX_COLUMNS, err);
    if (n < 0)
        return n;
    if (n == 0)
        return err_set(err, -EINVAL, "the file is empty");
    importing->n_columns = (unsigned)n;
    for (int i = 0; i < n; i++)
        if (importing->column[i].n == 0 || importing->column[i].n > MAX_ID)
            return err_set(err, -EINVAL, "line 1: column %d has no name, or too long a one",
                           i + 1);
    return 0;
}

static int import_rows(struct importing *importing, struct csv *csv)
{
    struct cw_str cell[MAX_COLUMNS];
    struct cw_error err = {""};
    int code = EXIT_OK, n = read_head(importing, csv, &err);
    begin(importing);
    while (n == 0 || (n > 0 && code == EXIT_OK)) {
        n = csv_row(csv, cell, MAX_COLUMNS, &err);
        if (n <= 0)
            break;
        if ((unsigned)n > importing->n_columns) {
            n = err_set(&err, -EINVAL, "line %u: more cells than the first line names",
                        csv->line);
            break;
        }
        add_row(importing, cell, n, csv->line);
        if (importing->n_rows == BATCH_ROWS || importing->body.n > BATCH_BYTES)
            code = send_batch(importing);
    }
    if (n < 0) {
        fprintf(stderr, "carewatch import: %s\n", err.text);
        return EXIT_USAGE;
    }
    return code == EXIT_OK ? send_batch(importing) : code;
}

static char *read_file(const char *path, size_t *n)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file) {
        fprintf(stderr, "carewatch import: cannot open %s: %s\n", path, strerror(errno));
        return NULL;
    }
    struct buf all;
    char room[65536];
    size_t some;
    buf_init(&all, MAX_FILE_BYTES);
    while ((some = fread(room, 1, sizeof(room), file)) > 0)
        buf_add(&all, room, some);
    if (file != stdin)
        (void)fclose(file);
    *n = all.n;
    return buf_take(&all);
}

static int run(struct importing *importing, const char *path)
{
    struct csv csv;
    size_t n = 0;
    char *text = read_file(path, &n);
    if (!text)
        return EXIT_USAGE;
    buf_init(&importing->body, (size_t)1 << 20);
    csv_init(&csv, text, n);
    int code = import_rows(importing, &csv);
    buf_done(&importing->body);
    free(text);
    if (importing->remote.json || code == EXIT_USAGE)
        return code;
    fprintf(stderr, "%s: %u new, %u %s, %u unchanged, %u refused%s\n", importing->kind,
            importing->n_new, importing->n_known, importing->apply ? "changed" : "known",
            importing->n_unchanged, importing->n_refused,
            importing->apply ? "" : "; nothing was changed, --apply does it");
    return code == EXIT_OK && importing->n_refused > 0 ? EXIT_NEGATIVE : code;
}

int cmd_import(int argc, char **argv)
{
    static const struct option options[] = {REMOTE_OPTIONS,
                                            {"apply", no_argument, NULL, 'a'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    struct importing importing = {.apply = false};
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option == 'a')
            importing.apply = true;
        else if (option == 'v')
            importing.verbose = true;
        else if (!remote_option(&importing.remote, option, optarg))
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind + 2 != argc)
        return usage(stderr);
    importing.kind = strcmp(argv[optind], "people") == 0 ? "residents" : argv[optind];
    return run(&importing, argv[optind + 1]);
}
