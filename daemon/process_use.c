/*
 * process_use.c - asked of libuv.
 */
#include "process_use.h"

#include <uv.h>

struct process_use process_use(void)
{
    struct process_use use = {0};
    uv_rusage_t spent;
    (void)uv_resident_set_memory(&use.rss_bytes); /* without /proc it stays 0 */
    if (uv_getrusage(&spent) == 0)
        use.cpu_us = (uint64_t)(spent.ru_utime.tv_sec + spent.ru_stime.tv_sec) * 1000000u +
                     (uint64_t)(spent.ru_utime.tv_usec + spent.ru_stime.tv_usec);
    return use;
}
