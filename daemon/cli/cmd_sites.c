/*
 * cmd_sites.c - `carewatch sites`: places and whether they are heard.
 */
#include "cli/cmd_remote.h"

static int usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch sites [--connection STATE] [--district ID] " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static void print_site(void *ctx, const struct json_node *site)
{
    (void)ctx;
    remote_column(site, "connection", 14);
    remote_column(site, "site", 24);
    remote_column(site, "kind", 18);
    remote_column(site, "district", 10);
    remote_column(site, "n_devices", 6);
    remote_column(site, "name", 0);
    printf("\n");
}

int cmd_sites(int argc, char **argv)
{
    static const struct option options[] = {REMOTE_OPTIONS,
                                            {"connection", required_argument, NULL, 'C'},
                                            {"district", required_argument, NULL, 'D'},
                                            {NULL, 0, NULL, 0}};
    struct remote remote = {.url = NULL};
    const char *connection = "", *district = "";
    char path[400];
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option == 'C')
            connection = optarg;
        else if (option == 'D')
            district = optarg;
        else if (!remote_option(&remote, option, optarg))
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind < argc)
        return usage(stderr);
    (void)snprintf(path, sizeof(path), "/api/v1/sites?connection=%s&district=%s", connection,
                   district);
    return remote_list(&remote, path, print_site, NULL);
}
