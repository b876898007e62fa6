/*
 * api_pages.c - everything that is no route: the pages built in, or the files of http.web_dir
 * while they are being worked on. They hold no data, so they need no sign-in.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "web_assets.h"

#define MAX_FILE ((off_t)8 << 20)

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".geojson", "application/geo+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webmanifest", "application/manifest+json"},
    {".map", "application/json"},
};

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(dot, types[i].ending) == 0)
            return types[i].type;
    }
    return dot ? "application/octet-stream" : types[0].type; /* "/public" is a page */
}

/* Does the client take gzip? "gzip;q=0" says no. */
static bool takes_gzip(struct cw_str header)
{
    struct cw_str one;
    while (str_split(&header, ',', &one)) {
        while (one.n > 0 && one.p[0] == ' ')
            one = (struct cw_str){one.p + 1, one.n - 1};
        if (str_starts(one, "gzip"))
            return !str_starts(one, "gzip;q=0") || str_starts(one, "gzip;q=0.");
    }
    return false;
}

static bool answer_asset(struct api *api, const struct http_request *request)
{
    for (const struct web_asset *asset = web_assets; asset->path; asset++) {
        if (!str_is(request->path, asset->path))
            continue;
        bool gzip = asset->gz && takes_gzip(request->accept_encoding);
        char headers[160];
        (void)snprintf(headers, sizeof(headers),
                       "Cache-Control: %s\r\nVary: Accept-Encoding\r\n%s",
                       asset->immutable ? "public, max-age=31536000, immutable" : "no-cache",
                       gzip ? "Content-Encoding: gzip\r\n" : "");
        struct cw_str body = {(const char *)(gzip ? asset->gz : asset->raw),
                              gzip ? asset->n_gz : asset->n_raw};
        api->answered[2]++;
        (void)http_answer(api->daemon->http_server, request->id, 200, asset->type, headers,
                          body);
        return true;
    }
    return false;
}

/* The file of that name inside the folder, and nowhere else: links that lead out are not
 * followed, names that begin with a dot are not given out. -1: none. */
static int open_inside(const char *dir, struct cw_str path)
{
    char name[4096], real[4096], root[4096];
    bool is_root = str_is(path, "/");
    int n = snprintf(name, sizeof(name), "%s%.*s", dir, is_root ? 11 : (int)path.n,
                     is_root ? "/index.html" : path.p);
    if (n < 0 || (size_t)n >= sizeof(name) || strstr(name + strlen(dir), "/.") ||
        !realpath(dir, root) || !realpath(name, real))
        return -1;
    size_t n_root = strlen(root);
    if (strncmp(real, root, n_root) != 0 || real[n_root] != '/')
        return -1;
    return open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static bool answer_file(struct api *api, const struct http_request *request, const char *dir)
{
    int fd = open_inside(dir, request->path);
    struct stat about;
    if (fd < 0)
        return false;
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode) || about.st_size > MAX_FILE) {
        close(fd);
        return false;
    }
    size_t size = (size_t)about.st_size, n = 0;
    char *bytes = xmalloc(size + 1);
    ssize_t got;
    while (n < size && (got = read(fd, bytes + n, size - n)) > 0)
        n += (size_t)got;
    close(fd);
    char path[1024];
    bool whole = n == size && str_copy(path, sizeof(path), request->path);
    if (whole) {
        api->answered[2]++;
        (void)http_answer(api->daemon->http_server, request->id, 200,
                          type_of(strcmp(path, "/") == 0 ? "/index.html" : path),
                          "Cache-Control: no-cache\r\n", (struct cw_str){bytes, n});
    }
    free(bytes);
    return whole;
}

void api_page(struct api *api, const struct http_request *request)
{
    const char *dir = api->daemon->config->http.web_dir;
    if (!str_is(request->method, "GET") && !str_is(request->method, "HEAD"))
        api_problem(api, request->id, 405, "Allow: GET, HEAD\r\n", "A page is only read.");
    else if (dir && dir[0] ? !answer_file(api, request, dir) : !answer_asset(api, request))
        api_problem(api, request->id, 404, NULL, "There is no such page.");
}
