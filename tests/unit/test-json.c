/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/json.h"

#include <string.h>

typedef struct {
    const char *label, *text;
    const char *words; /* must be in the error */
} BadRow;

static const BadRow bad_rows[] = {
    { "empty", "", "premature EOF" },
    { "blank", "  \n", "premature EOF" },
    { "cut-object", "{\"a\": 1", "byte 7: parse error: premature EOF" },
    { "cut-string", "[\"a", "premature EOF" },
    { "trailing", "{} {}", "trailing garbage" },
    { "trailing-word", "1 x", "byte" },
    { "word", "greeting", "lexical error" },
    { "comma-first", "[,1]", "byte" },
    { "comma-middle", "[1,,2]", "byte" },
    { "comma-last", "[1,]", "byte" },
    { "key-twice", "{\"a\":1,\"b\":2,\"a\":3}", "repeated" },
    { "utf8", "[\"ok\", \"\xff\"]", "UTF8" },
    { "nul-string", "[\"a\\u0000b\"]", "NUL" },
    { "nul-key", "{\"a\\u0000b\": 1}", "NUL" },
    { "int-big", "[18446744073709551616]", "out of range" },
    { "int-small", "[-9223372036854775809]", "out of range" },
    { "double-big", "[1e999]", "out of range" },
    { "comment", "/* no */ 1", "byte" },
};

static void
test_bad(gconstpointer data)
{
    const BadRow *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(row->text, -1, &error);

    g_assert_null(json);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, row->words));
}

static const char *const round_trips[] = {
    "null",
    "true",
    "-9223372036854775808",
    "18446744073709551615",
    "0.5",
    "3.0",
    "\"a\\\"b\\\\c\\n/\xc3\xa4\"",
    "[]",
    "{}",
    "[1,[2,[3,{}]],\"x\"]",
    "{\"z\":1,\"a\":{\"b\":[null,false]},\"m\":\"\"}",
};

static void
test_round_trip(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(round_trips); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuJson) json = virtcpu_json_parse(round_trips[i], -1, &error);
        g_autoptr(VirtCpuJson) copy = NULL;
        g_autofree char *text = NULL;

        g_assert_no_error(error);
        copy = virtcpu_json_copy(json);
        text = virtcpu_json_format(copy, FALSE);
        g_assert_cmpstr(text, ==, round_trips[i]);
    }
}

static char *
nested(unsigned depth)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < depth; i++) {
        g_string_append_c(text, '[');
    }
    for (unsigned i = 0; i < depth; i++) {
        g_string_append_c(text, ']');
    }
    return g_string_free(text, FALSE);
}

static void
test_depth(void)
{
    g_autofree char *deepest = nested(VIRTCPU_JSON_MAX_DEPTH);
    g_autofree char *deeper = nested(VIRTCPU_JSON_MAX_DEPTH + 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(deepest, -1, &error);
    g_autoptr(VirtCpuJson) none = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = virtcpu_json_format(json, FALSE);
    g_assert_cmpstr(text, ==, deepest);
    none = virtcpu_json_parse(deeper, -1, &error);
    g_assert_null(none);
    g_assert_nonnull(strstr(error->message, "too deep"));
}

static void
test_many_values(void)
{
    g_autoptr(GString) text = g_string_new("[0");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = NULL;

    for (unsigned i = 0; i < VIRTCPU_JSON_MAX_VALUES; i++) {
        g_string_append(text, ",0");
    }
    g_string_append_c(text, ']');
    json = virtcpu_json_parse(text->str, (gssize)text->len, &error);
    g_assert_null(json);
    g_assert_nonnull(strstr(error->message, "too many"));
}

/* more members than are searched one by one */
static void
test_large_object(void)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();

    for (int i = 0; i < 100; i++) {
        g_autofree char *key = g_strdup_printf("key%d", i);

        virtcpu_json_set_int(json, key, i);
    }
    virtcpu_json_set_string(json, "key0", "first");
    virtcpu_json_set_string(json, "key99", "last");
    virtcpu_json_set_string(json, "none", NULL);
    g_assert_cmpuint(virtcpu_json_size(json), ==, 100);
    g_assert_cmpstr(virtcpu_json_get_string(json, "key0"), ==, "first");
    g_assert_cmpstr(virtcpu_json_get_string(json, "key99"), ==, "last");
    g_assert_cmpstr(virtcpu_json_key_at(json, 57), ==, "key57");
    g_assert_null(virtcpu_json_get(json, "key100"));
}

static void
test_numbers(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json =
        virtcpu_json_parse("[-1, 18446744073709551615, 7, 1.5, \"7\"]", -1, &error);
    gint64 value = 42;
    guint64 large = 42;
    double number = 42;

    g_assert_no_error(error);
    g_assert_true(virtcpu_json_to_int(virtcpu_json_at(json, 0), &value));
    g_assert_cmpint(value, ==, -1);
    g_assert_false(virtcpu_json_to_uint(virtcpu_json_at(json, 0), &large));
    g_assert_false(virtcpu_json_to_int(virtcpu_json_at(json, 1), &value));
    g_assert_true(virtcpu_json_to_uint(virtcpu_json_at(json, 1), &large));
    g_assert_cmpuint(large, ==, G_MAXUINT64);
    g_assert_true(virtcpu_json_to_double(virtcpu_json_at(json, 2), &number));
    g_assert_cmpfloat(number, ==, 7);
    g_assert_true(virtcpu_json_to_double(virtcpu_json_at(json, 3), &number));
    g_assert_cmpfloat(number, ==, 1.5);
    g_assert_false(virtcpu_json_to_int(virtcpu_json_at(json, 3), &value));
    g_assert_false(virtcpu_json_to_int(virtcpu_json_at(json, 4), &value));
    g_assert_cmpint(value, ==, -1);
}

static void
test_wrong_kinds(void)
{
    g_autoptr(VirtCpuJson) text = virtcpu_json_new_string("x");
    g_autoptr(VirtCpuJson) array = virtcpu_json_new_array();

    virtcpu_json_append(array, virtcpu_json_new_bool(TRUE));
    g_assert_cmpint(virtcpu_json_kind(NULL), ==, VIRTCPU_JSON_NULL);
    g_assert_null(virtcpu_json_get(NULL, "a"));
    g_assert_null(virtcpu_json_get(text, "a"));
    g_assert_null(virtcpu_json_get(array, "a"));
    g_assert_null(virtcpu_json_key_at(array, 0));
    g_assert_null(virtcpu_json_at(array, 1));
    g_assert_null(virtcpu_json_to_string(array));
    g_assert_true(virtcpu_json_is_true(virtcpu_json_at(array, 0)));
    g_assert_false(virtcpu_json_is_true(text));
    g_assert_true(virtcpu_json_get_bool(text, "a", TRUE));
    g_assert_cmpuint(virtcpu_json_size(text), ==, 0);
    virtcpu_json_free(NULL);
}

static void
test_take(void)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) taken = NULL;
    g_autofree char *text = NULL;

    virtcpu_json_set_string(json, "a", "x");
    virtcpu_json_set_int(json, "b", 2);
    taken = virtcpu_json_take(json, "a");
    text = virtcpu_json_format(json, FALSE);
    g_assert_cmpstr(virtcpu_json_to_string(taken), ==, "x");
    g_assert_cmpstr(text, ==, "{\"a\":null,\"b\":2}");
    g_assert_null(virtcpu_json_take(json, "c"));
}

static void
test_pretty(void)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();
    g_autofree char *text = NULL;

    virtcpu_json_append(virtcpu_json_set(json, "a", virtcpu_json_new_array()),
                        virtcpu_json_new_int(1));
    text = virtcpu_json_format(json, TRUE);
    g_assert_cmpstr(text, ==, "{\n  \"a\": [\n    1\n  ]\n}\n");
}

static void
test_equal(void)
{
    static const struct {
        const char *a, *b;
        gboolean equal;
    } rows[] = {
        { "null", "null", TRUE },
        { "true", "true", TRUE },
        { "true", "false", FALSE },
        { "1", "1", TRUE },
        { "1", "2", FALSE },
        { "1", "\"1\"", FALSE },
        { "\"\"", "null", FALSE },
        { "[1, {\"a\": [true]}]", "[1,{\"a\":[true]}]", TRUE },
        { "[1, {\"a\": [true]}]", "[1, {\"a\": [false]}]", FALSE },
        { "{\"a\": 1}", "{\"a\": 1, \"b\": 2}", FALSE },
        { "{}", "[]", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VirtCpuJson) a = virtcpu_json_parse(rows[i].a, -1, NULL);
        g_autoptr(VirtCpuJson) b = virtcpu_json_parse(rows[i].b, -1, NULL);

        g_assert_cmpint(virtcpu_json_equal(a, b), ==, rows[i].equal);
        g_assert_cmpint(virtcpu_json_equal(b, a), ==, rows[i].equal);
    }
    g_assert_true(virtcpu_json_equal(NULL, NULL));
}

static void
test_option(void)
{
    static const struct {
        const char *json, *option;
    } rows[] = {
        { "true", "on" },     { "false", "off" },
        { "7", "7" },         { "-1", "-1" },
        { "\"a b\"", "a b" }, { "\"\"", "" },
        { "1.5", "1.5" },     { "18446744073709551615", "18446744073709551615" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VirtCpuJson) json = virtcpu_json_parse(rows[i].json, -1, NULL);
        g_autofree char *option = virtcpu_json_to_option(json);

        g_assert_cmpstr(option, ==, rows[i].option);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/json/bad/%s", bad_rows[i].label);

        g_test_add_data_func(path, &bad_rows[i], test_bad);
    }
    g_test_add_func("/json/round-trip", test_round_trip);
    g_test_add_func("/json/depth", test_depth);
    g_test_add_func("/json/many-values", test_many_values);
    g_test_add_func("/json/large-object", test_large_object);
    g_test_add_func("/json/numbers", test_numbers);
    g_test_add_func("/json/wrong-kinds", test_wrong_kinds);
    g_test_add_func("/json/take", test_take);
    g_test_add_func("/json/pretty", test_pretty);
    g_test_add_func("/json/equal", test_equal);
    g_test_add_func("/json/option", test_option);
    return g_test_run();
}
