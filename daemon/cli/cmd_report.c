/*
 * cmd_report.c - `carewatch report KIND`: figures of a time as a table for spreadsheets (CSV),
 * or as the API has them with -o json.
 */
#include <string.h>

#include "base/request.h"
#include "base/str.h"
#include "cli/cmd_remote.h"

#define MAX_ANSWER ((size_t)16 << 20)

static const char *const parameters[] = {"from", "to", "by", "site", "district"};
#define N_PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static int usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch report KIND [--from TIME] [--to TIME] [--by WHAT] [--site ID]\n"
            "       [--district ID] " REMOTE_USAGE "\n"
            "KIND: response (raised to closed), drills (the same of exercises), load, visits,\n"
            "monthly_visits, sessions, projects, duties. WHAT: day, site, district, priority,\n"
            "rule, or actor (load); district, site, org, project, month (the others).\n"
            "Prints CSV; -o json as the API answers.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int print_report(const struct remote *remote, const char *path)
{
    struct buf answer;
    buf_init(&answer, MAX_ANSWER);
    int code = remote_call(remote, "GET", path, remote->json ? NULL : "Accept: text/csv",
                           CW_STR(""), &answer);
    if (code == EXIT_OK)
        printf("%s%s", buf_text(&answer), remote->json ? "\n" : "");
    buf_done(&answer);
    return code;
}

int cmd_report(int argc, char **argv)
{
    struct option options[5 + N_PARAMETERS + 1] = {REMOTE_OPTIONS};
    struct remote remote = {.url = NULL};
    struct buf query;
    char separator = '?';
    size_t n = 0;
    int option, code = -1;
    while (options[n].name)
        n++;
    for (size_t i = 0; i < N_PARAMETERS; i++)
        options[n++] = (struct option){parameters[i], required_argument, NULL, 256 + (int)i};
    buf_init(&query, 4096);
    while (code < 0 && (option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option >= 256) {
            buf_printf(&query, "%c%s=", separator, parameters[option - 256]);
            url_escape(&query, str_of(optarg));
            separator = '&';
        } else if (!remote_option(&remote, option, optarg)) {
            code = usage(option == 'h' ? stdout : stderr);
        }
    }
    if (code < 0 && (optind + 1 != argc || !id_valid(str_of(argv[optind]))))
        code = usage(stderr);
    if (code < 0) {
        struct buf path;
        buf_init(&path, 8192);
        buf_printf(&path, "/api/v1/reports/%s%s", argv[optind], buf_text(&query));
        code = print_report(&remote, buf_text(&path));
        buf_done(&path);
    }
    buf_done(&query);
    return code;
}
