/*
 * cmd_store.c - `carewatch store verify|backup|stat|erase FILE`: the store's file from the
 * outside, while the daemon runs or not; erase is for copies that nobody uses.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json_out.h"
#include "base/str.h"
#include "cli/cli.h"
#include "io/store_names.h"
#include "io/store_tool.h"

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: carewatch store verify FILE\n"
        "       carewatch store backup FILE COPY\n"
        "       carewatch store stat FILE\n"
        "       carewatch store erase COPY SITE RESIDENT [WORDS]\n"
        "verify reads every page and index; backup makes a whole, checked copy while "
        "the daemon\nruns and never overwrites; stat prints figures as JSON. FILE is "
        "store.path.\nerase forgets a resident in a backup as the daemon has done in "
        "the store; WORDS is a file\nwith a name or number in each line, or - for stdin.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int complain_of(int code, const struct cw_error *err)
{
    fprintf(stderr, "carewatch store: %s\n", err->text);
    return code == -EBADMSG ? EXIT_NEGATIVE : code == -EEXIST ? EXIT_REFUSED : EXIT_UNREACHABLE;
}

static int verify(const char *path)
{
    struct cw_error err = {""};
    struct buf problems;
    buf_init(&problems, 1u << 16);
    int ret = store_tool_verify(path, &problems, &err);
    int code = EXIT_OK;
    if (ret == 0)
        printf("%s: whole\n", path);
    else if (problems.n > 0)
        printf("%s", buf_text(&problems));
    if (ret)
        code = problems.n > 0 ? EXIT_NEGATIVE : complain_of(ret, &err);
    buf_done(&problems);
    return code;
}

static int backup(const char *path, const char *to)
{
    struct cw_error err = {""};
    int ret = store_tool_backup(path, to, &err);
    if (ret)
        return complain_of(ret, &err);
    printf("%s: copied and checked\n", to);
    return EXIT_OK;
}

static int stat_of(const char *path)
{
    struct cw_error err = {""};
    struct store_tool_stat stat;
    struct buf text;
    struct json_out out;
    char cursor[POSITION_MAX];
    int ret = store_tool_stat(path, &stat, &err);
    if (ret)
        return complain_of(ret, &err);
    buf_init(&text, 4096);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_int(&out, "schema", stat.schema);
    json_member_int(&out, "bytes", stat.bytes);
    json_member_int(&out, "alarms", stat.n_alarms);
    json_member_int(&out, "open", stat.n_open);
    json_member_int(&out, "transitions", stat.n_transitions);
    json_member_int(&out, "notifications_waiting", stat.n_waiting);
    json_member_int(&out, "tokens", stat.n_tokens);
    (void)position_format(stat.cursor, cursor);
    json_member_text(&out, "cursor", str_of(cursor));
    json_object_end(&out);
    printf("%s\n", buf_text(&text));
    buf_done(&text);
    return EXIT_OK;
}

/* Each line of the file is a word. */
static bool read_words(const char *path, struct mask_words *words)
{
    char line[1024];
    bool is_file = strcmp(path, "-") != 0;
    FILE *in = is_file ? fopen(path, "re") : stdin;
    if (!in) {
        fprintf(stderr, "carewatch store: %s: %s\n", path, strerror(errno));
        return false;
    }
    while (fgets(line, sizeof(line), in))
        mask_words_add(words, (struct cw_str){line, strcspn(line, "\r\n")});
    if (is_file)
        (void)fclose(in);
    return true;
}

static int erase(const char *copy, const char *site, const char *resident, const char *path)
{
    struct mask_words words = {.n = 0};
    struct cw_error err = {""};
    if (path && !read_words(path, &words))
        return EXIT_UNREACHABLE;
    int64_t n = access(copy, R_OK | W_OK) == 0
                    ? store_copy_erase(copy, site, resident, &words, &err)
                    : err_set(&err, -errno, "%s: %s", copy, strerror(errno));
    mask_words_done(&words);
    if (n < 0)
        return complain_of((int)n, &err);
    printf("%s: %lld rows changed, %u words too short to be looked for\n", copy, (long long)n,
           words.n_short);
    return EXIT_OK;
}

int cmd_store(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return usage(stdout);
    if (argc == 3 && strcmp(argv[1], "verify") == 0)
        return verify(argv[2]);
    if (argc == 4 && strcmp(argv[1], "backup") == 0)
        return backup(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "stat") == 0)
        return stat_of(argv[2]);
    if ((argc == 5 || argc == 6) && strcmp(argv[1], "erase") == 0)
        return erase(argv[2], argv[3], argv[4], argc == 6 ? argv[5] : NULL);
    return usage(stderr);
}
