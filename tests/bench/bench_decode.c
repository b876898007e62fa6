/*
 * bench_decode.c - what one message costs between its bytes and its line: decoding of the
 * 121 B document of nine numbers, and its line from a cached prefix. Prints; never fails on
 * time.
 *
 *   build/tests/bench_decode [MESSAGES]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/option.h"
#include "plugins/decoding.h"

extern const struct cw_plugin carewatch_plugin_decode_json;
extern const struct cw_plugin carewatch_plugin_decode_line;
extern const struct cw_plugin carewatch_plugin_encode_line;

#define N_ROUNDS 100 /* the best of them: others use the machine too */

static const char json[] =
    "{\"ts\":1732300000123,\"hr\":72,\"spo2\":97,\"resp\":16,\"temp\":36.5,"
    "\"sys\":120,\"dia\":75,\"bat\":88,\"seq\":1000000,"
    "\"unit\":\"bed-00001\"}";
static const char line[] = "vitals,device=bed-00001 hr=72,spo2=97,resp=16,temp=36.5,sys=120,"
                           "dia=75,bat=88 1732300000123000000";

static double now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

struct bench {
    const char *name;
    struct decoding decoding;
    struct cw_str payload;
    void *encoder; /* set: encodes what is in the batch instead */
    int document;
};

static void run_once(struct bench *bench)
{
    struct decoding *decoding = &bench->decoding;
    const struct cw_decoder *decoder = decoding->plugin->ops.decoder;
    static char dst[1024];
    uint32_t refusal = 0;
    if (bench->encoder)
        refusal = !carewatch_plugin_encode_line.ops.encoder->body(
            bench->encoder, decoding->batch.point[0].field, decoding->batch.point[0].n_fields,
            decoding->batch.point[0].time_ns, dst, sizeof(dst));
    else if (bench->document)
        refusal =
            decoder->document(decoding->self, bench->payload, &decoding->batch, &decoding->err);
    else
        refusal = decoder->points(decoding->self, bench->payload, (struct cw_str){"", 0},
                                  &decoding->batch, &decoding->err);
    if (refusal) {
        fprintf(stderr, "%s: refused: %s\n", bench->name, decoding->err.text);
        exit(1);
    }
}

static void run(struct bench *bench, uint64_t n)
{
    double best = 1e18;
    for (int round = 0; round < N_ROUNDS; round++) {
        double start = now_ns();
        for (uint64_t i = 0; i < n; i++)
            run_once(bench);
        double ns = (now_ns() - start) / (double)n;
        best = ns < best ? ns : best;
    }
    printf("%-24s %4zu B %8.1f ns\n", bench->name, bench->payload.n, best);
}

static void bench_open(struct bench *bench, const struct cw_plugin *plugin, const char *text)
{
    decoding_open(&bench->decoding, plugin);
    bench->payload = decoding_payload(&bench->decoding, text, strlen(text));
}

int main(int argc, char **argv)
{
    int64_t n = 1000000; /* in all rounds */
    char encoder[64] = {0};
    struct bench flat = {.name = "json telemetry"};
    struct bench document = {.name = "json document", .document = 1};
    struct bench lines = {.name = "line protocol telemetry"};
    struct bench encode = {.name = "line of that telemetry", .encoder = encoder};
    if (argc > 1 && num_parse_i64((struct cw_str){argv[1], strlen(argv[1])}, &n))
        return 2;
    option_presets(carewatch_plugin_encode_line.option, encoder);
    bench_open(&flat, &carewatch_plugin_decode_json, json);
    bench_open(&document, &carewatch_plugin_decode_json, json);
    bench_open(&lines, &carewatch_plugin_decode_line, line);
    bench_open(&encode, &carewatch_plugin_decode_json, json);
    (void)encode.decoding.plugin->ops.decoder->points(encode.decoding.self, encode.payload,
                                                      (struct cw_str){"", 0},
                                                      &encode.decoding.batch, NULL);
    struct bench *const benches[] = {&flat, &document, &lines, &encode};
    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        run(benches[i], (uint64_t)n / N_ROUNDS + 1);
        decoding_close(&benches[i]->decoding);
    }
    option_free(carewatch_plugin_encode_line.option, encoder);
    return 0;
}
