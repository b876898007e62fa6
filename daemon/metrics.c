/*
 * metrics.c - the metrics as Prometheus reads them, and the list of them.
 */
#include "metrics.h"

#include "api/api_private.h"
#include "base/num.h"
#include "metrics_private.h"

static void add_number(struct buf *out, double value)
{
    char text[NUM_MAX];
    size_t n = num_format_f64(value, text);
    buf_add_char(out, ' ');
    buf_add(out, n ? text : "NaN", n ? n : 3);
    buf_add_char(out, '\n');
}

void metric_sample(const struct metric_row *row, const char *key, const char *word,
                   double value, struct buf *out)
{
    buf_printf(out, "%s{%s=\"%s\"}", row->name, key, word);
    add_number(out, value);
}

void metric_histogram(const struct metric_row *row, const struct histogram *h, struct buf *out)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= N_BUCKETS; i++) {
        char bound[NUM_MAX] = "+Inf";
        sum += h->bucket[i];
        if (i < N_BUCKETS)
            bound[num_format_f64(histogram_bounds[i], bound)] = '\0';
        buf_printf(out, "%s_bucket{le=\"%s\"} %llu\n", row->name, bound,
                   (unsigned long long)sum);
    }
    buf_printf(out, "%s_sum", row->name);
    add_number(out, h->sum);
    buf_printf(out, "%s_count %llu\n", row->name, (unsigned long long)h->count);
}

void metrics_write(const struct api *api, struct buf *out)
{
    for (size_t i = 0; i < n_metric_rows; i++) {
        const struct metric_row *row = &metric_rows[i];
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                   row->type);
        if (row->samples) {
            row->samples(row, api, out);
        } else {
            buf_add_text(out, row->name);
            add_number(out, row->value(api));
        }
    }
}

void metrics_schema(struct buf *buf)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_array(&out);
    for (size_t i = 0; i < n_metric_rows; i++) {
        json_object(&out);
        json_member_text(&out, "name", str_of(metric_rows[i].name));
        json_member_text(&out, "type", str_of(metric_rows[i].type));
        json_member_text(&out, "help", str_of(metric_rows[i].help));
        json_object_end(&out);
    }
    json_array_end(&out);
}

void handle_metrics(struct exchange *exchange)
{
    struct api *api = exchange->api;
    buf_clear(&api->scratch);
    metrics_write(api, &api->scratch);
    api->answered[2]++;
    (void)http_answer(api->daemon->http_server, exchange->request->id, 200,
                      "text/plain; version=0.0.4; charset=utf-8", NULL, buf_str(&api->scratch));
}
