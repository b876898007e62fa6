/*
 * corpus_driver.c - stands in for libFuzzer: runs a fuzz target once over every file of the
 * folders and files given. Each input lies in a block of exactly its size, so that a
 * sanitizer sees one byte too many. An empty folder is fine.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int run_file(const char *path)
{
    struct stat stat_of_file;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &stat_of_file) != 0) {
        perror(path);
        if (file)
            fclose(file);
        return -1;
    }
    size_t n = (size_t)stat_of_file.st_size;
    uint8_t *data = malloc(n ? n : 1);
    int rc = data && fread(data, 1, n, file) == n ? 0 : -1;
    if (rc == 0)
        (void)LLVMFuzzerTestOneInput(data, n);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    fclose(file);
    return rc;
}

static int run(const char *path, unsigned *count)
{
    struct stat kind;
    if (stat(path, &kind) != 0) {
        perror(path);
        return -1;
    }
    if (!S_ISDIR(kind.st_mode)) {
        (*count)++;
        return run_file(path);
    }
    DIR *dir = opendir(path);
    if (!dir) {
        perror(path);
        return -1;
    }
    int rc = 0;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char inner[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (run(inner, count) != 0)
            rc = -1;
    }
    closedir(dir);
    return rc;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    int rc = 0;
    for (int i = 1; i < argc; i++) {
        if (run(argv[i], &count) != 0)
            rc = -1;
    }
    printf("%u inputs\n", count);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
