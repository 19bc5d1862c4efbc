/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/disk-tune.h"
#include "conf/error.h"
#include "conf/xml.h"

#include <string.h>

/* What the document says, or NULL with @error. */
static gboolean
read_text(const char *inside, VirtCpuDiskTune *tune, GError **error)
{
    g_autofree char *text = g_strdup_printf("<iotune>%s</iotune>", inside);
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(text, NULL);

    return virtcpu_disk_tune_parse(tune, xmlDocGetRootElement(doc), error);
}

static void
test_nothing_is_lost(void)
{
    static const char all[] = "      <iotune>\n"
                              "        <read_bytes_sec>1</read_bytes_sec>\n"
                              "        <write_bytes_sec>2</write_bytes_sec>\n"
                              "        <total_iops_sec>3</total_iops_sec>\n"
                              "        <read_bytes_sec_max>4</read_bytes_sec_max>\n"
                              "        <write_bytes_sec_max>5</write_bytes_sec_max>\n"
                              "        <total_iops_sec_max>6</total_iops_sec_max>\n"
                              "        <size_iops_sec>512</size_iops_sec>\n"
                              "        <group_name>a &lt;b&gt;</group_name>\n"
                              "        <read_bytes_sec_max_length>7</read_bytes_sec_max_length>\n"
                              "        <write_bytes_sec_max_length>8</write_bytes_sec_max_length>\n"
                              "        <total_iops_sec_max_length>9</total_iops_sec_max_length>\n"
                              "      </iotune>\n";
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(all, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(VirtCpuDiskTune) tune = { { 0 } }, copy = { { 0 } };
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_disk_tune_parse(&tune, xmlDocGetRootElement(doc), &error));
    g_assert_true(virtcpu_disk_tune_check(&tune, &error));
    g_assert_no_error(error);
    virtcpu_disk_tune_assign(&copy, &tune);
    virtcpu_disk_tune_assign(&copy, &copy);
    g_assert_true(virtcpu_disk_tune_equal(&copy, &tune));
    virtcpu_disk_tune_format(&copy, out);
    g_assert_cmpstr(out->str, ==, all);
    virtcpu_disk_tune_clear(&copy);
    g_assert_false(virtcpu_disk_tune_is_set(&copy));
    g_string_truncate(out, 0);
    virtcpu_disk_tune_format(&copy, out);
    g_assert_cmpstr(out->str, ==, "");
}

/* What is refused, by whom. */
static const struct {
    const char *inside;
    int code;
    const char *words;
} refusals[] = {
    { "<total_bytes_sec>-1</total_bytes_sec>", VIRTCPU_ERR_XML_ERROR, "'-1'" },
    { "<total_bytes_sec/>", VIRTCPU_ERR_XML_ERROR, "''" },
    { "<size_iops_sec>9223372036854775808</size_iops_sec>", VIRTCPU_ERR_XML_ERROR, "size_iops" },
    { "<write_iops_sec_max_length>x</write_iops_sec_max_length>", VIRTCPU_ERR_XML_ERROR, "'x'" },
    { "<total_bytes_sec>1</total_bytes_sec><read_bytes_sec>1</read_bytes_sec>",
      VIRTCPU_ERR_XML_ERROR, "total and read/write bytes_sec cannot be set at the same time" },
    { "<total_iops_sec_max>1</total_iops_sec_max><write_iops_sec_max>1</write_iops_sec_max>",
      VIRTCPU_ERR_XML_ERROR, "total and read/write iops_sec_max" },
    { "<group_name>a</group_name><group_name>b</group_name>", VIRTCPU_ERR_XML_ERROR, "second" },
    { "<bytes>1</bytes>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'bytes'" },
    { "<group_name a='1'>a</group_name>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'a'" },
    { "<total_bytes_sec>1000000000000001</total_bytes_sec>", VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
      "no more than 1000000000000000 using QEMU" },
    { "<total_bytes_sec_max>5</total_bytes_sec_max>", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "'total_bytes_sec_max' cannot be set if 'total_bytes_sec' is not set" },
    { "<write_iops_sec>6</write_iops_sec><write_iops_sec_max>5</write_iops_sec_max>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'write_iops_sec_max' cannot be smaller" },
    { "<read_iops_sec>6</read_iops_sec><read_iops_sec_max_length>2</read_iops_sec_max_length>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "'read_iops_sec_max_length' cannot be set" },
    { "<total_iops_sec>1</total_iops_sec><total_iops_sec_max>1000000000000000</total_iops_sec_max>"
      "<total_iops_sec_max_length>2</total_iops_sec_max_length>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "too high" },
    { "<total_bytes_sec>6</total_bytes_sec><size_iops_sec>512</size_iops_sec>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "no iops_sec is set" },
    { "<group_name>a</group_name>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "together with settings" },
};

static void
test_refusals(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_auto(VirtCpuDiskTune) tune = { { 0 } };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", refusals[i].inside);
        g_assert_false(read_text(refusals[i].inside, &tune, &error) &&
                       virtcpu_disk_tune_check(&tune, &error));
        g_assert_error(error, VIRTCPU_ERROR, refusals[i].code);
        g_assert_nonnull(strstr(error->message, refusals[i].words));
    }
}

/* What is, what is wished for ("total_iops_sec=3 group_name=g"), and what it comes to; or why not.
 */
static const struct {
    const char *now, *wish, *next, *refused;
} changes[] = {
    { "", "total_bytes_sec=5", "total_bytes_sec=5", NULL },
    { "total_bytes_sec=5", "read_bytes_sec=6", "read_bytes_sec=6", NULL },
    { "total_bytes_sec=5 read_iops_sec=7", "total_bytes_sec=0", "read_iops_sec=7", NULL },
    { "total_bytes_sec=5 group_name=g", "total_bytes_sec=0", "", NULL },
    { "total_bytes_sec=5 group_name=g", "total_bytes_sec=6", "total_bytes_sec=6 group_name=g",
      NULL },
    { "total_bytes_sec=5 group_name=g", "group_name=", "total_bytes_sec=5", NULL },
    { "total_bytes_sec=5 total_bytes_sec_max=6 total_bytes_sec_max_length=7",
      "total_bytes_sec_max_length=0",
      "total_bytes_sec=5 total_bytes_sec_max=6 total_bytes_sec_max_length=1", NULL },
    { "total_bytes_sec=5 total_bytes_sec_max=6 total_bytes_sec_max_length=7",
      "total_bytes_sec=0 total_bytes_sec_max=0 total_bytes_sec_max_length=0", "", NULL },
    { "total_bytes_sec=5 total_bytes_sec_max=6", "total_bytes_sec=0", NULL,
      "cannot reset 'total_bytes_sec' when 'total_bytes_sec_max' is set" },
    { "total_bytes_sec=5 total_bytes_sec_max=6", "total_bytes_sec=7", NULL, "cannot be smaller" },
    { "", "write_iops_sec_max=7", NULL, "cannot be set if 'write_iops_sec' is not set" },
    { "", "group_name=g", NULL, "together with settings" },
    { "", "total_iops_sec=1 write_iops_sec=1", NULL, "total and read/write of iops_sec" },
};

static void
read_wish(const char *text, VirtCpuDiskTuneWish *wish)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word != NULL; word++) {
        g_auto(GStrv) parts = g_strsplit(*word, "=", 2);
        const unsigned limit = virtcpu_disk_limit_find(parts[0]);

        if (limit < VIRTCPU_DISK_LIMITS) {
            wish->given[limit] = TRUE;
            wish->tune.limits[limit] = g_ascii_strtoull(parts[1], NULL, 10);
        } else {
            wish->group_given = TRUE;
            g_free(wish->tune.group);
            wish->tune.group = parts[1][0] != '\0' ? g_strdup(parts[1]) : NULL;
        }
    }
}

static void
test_changes(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_auto(VirtCpuDiskTuneWish) now = { { { 0 } } }, wish = { { { 0 } } };
        g_auto(VirtCpuDiskTuneWish) expected = { { { 0 } } };
        g_auto(VirtCpuDiskTune) next = { { 0 } };
        g_autoptr(GError) error = NULL;
        gboolean done;

        g_test_message("%s: %s", changes[i].now, changes[i].wish);
        if (changes[i].now[0] != '\0') {
            read_wish(changes[i].now, &now);
        }
        read_wish(changes[i].wish, &wish);
        done = virtcpu_disk_tune_change(&now.tune, &wish, &next, &error);
        g_assert_true(done == (changes[i].next != NULL));
        if (!done) {
            g_assert_nonnull(strstr(error->message, changes[i].refused));
            continue;
        }
        g_assert_no_error(error);
        if (changes[i].next[0] != '\0') {
            read_wish(changes[i].next, &expected);
        }
        g_assert_true(virtcpu_disk_tune_equal(&next, &expected.tune));
        g_assert_cmpstr(next.group, ==, expected.tune.group);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/disk-tune/nothing-is-lost", test_nothing_is_lost);
    g_test_add_func("/disk-tune/refusals", test_refusals);
    g_test_add_func("/disk-tune/changes", test_changes);
    return g_test_run();
}
