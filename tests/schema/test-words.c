/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the grammars in schemas/ are those of the tables in conf/: each in both. */
#include "conf/arch.h"
#include "conf/cpu-words.h"
#include "conf/domain-features.h"
#include "conf/domain-words.h"
#include "conf/xml.h"

#include <libxml/xpathInternals.h>

typedef struct {
    const char *schema;
    const char *define;
    const VirtCpuWords *words;
    int first; /* words before it are never written */
} WordsRow;

static const WordsRow rows[] = {
    { "cpu-types.rng", "mode-words", &virtcpu_mode_words, 0 },
    { "cpu-types.rng", "match-words", &virtcpu_match_words, 0 },
    { "cpu-types.rng", "check-words", &virtcpu_check_words, 1 },
    { "cpu-types.rng", "fallback-words", &virtcpu_fallback_words, 0 },
    { "cpu-types.rng", "policy-words", &virtcpu_policy_words, 0 },
    { "cpu-types.rng", "cache-words", &virtcpu_cache_words, 0 },
    { "cpu-types.rng", "physaddr-words", &virtcpu_physaddr_words, 1 },
    { "cpu-types.rng", "switch-words", &virtcpu_switch_words, 1 },
    { "cpu-types.rng", "bool-words", &virtcpu_bool_words, 1 },
    { "domain-types.rng", "virt-type-words", &virtcpu_virt_type_words, 0 },
    { "domain.rng", "action-words", &virtcpu_action_words, 0 },
    { "domain-devices.rng", "disk-bus-words", &virtcpu_disk_bus_words, 0 },
    { "domain-devices.rng", "chardev-words", &virtcpu_chardev_words, 0 },
    { "domain.rng", "memory-source-words", &virtcpu_memory_source_words, 0 },
    { "domain.rng", "memory-access-words", &virtcpu_memory_access_words, 0 },
    { "domain.rng", "memory-allocation-words", &virtcpu_memory_allocation_words, 0 },
    { "domain.rng", "memory-mode-words", &virtcpu_memory_mode_words, 0 },
    { "domain.rng", "firmware-words", &virtcpu_firmware_words, 0 },
    { "domain.rng", "loader-type-words", &virtcpu_loader_type_words, 0 },
    { "domain.rng", "boot-dev-words", &virtcpu_boot_dev_words, 0 },
    { "domain.rng", "clock-offset-words", &virtcpu_clock_offset_words, 0 },
    { "domain.rng", "scheduler-words", &virtcpu_scheduler_words, 1 },
    { "domain-devices.rng", "tray-words", &virtcpu_tray_words, 1 },
    { "domain-devices.rng", "startup-words", &virtcpu_startup_words, 1 },
    { "domain-devices.rng", "link-words", &virtcpu_link_words, 1 },
    { "domain-devices.rng", "disk-device-words", &virtcpu_disk_device_words, 0 },
    { "domain-devices.rng", "disk-format-words", &virtcpu_disk_format_words, 0 },
    { "domain-devices.rng", "disk-cache-words", &virtcpu_disk_cache_words, 0 },
    { "domain-devices.rng", "disk-io-words", &virtcpu_disk_io_words, 0 },
    { "domain-devices.rng", "disk-discard-words", &virtcpu_disk_discard_words, 0 },
    { "domain-devices.rng", "net-model-words", &virtcpu_net_model_words, 0 },
    { "domain-devices.rng", "chardev-mode-words", &virtcpu_chardev_mode_words, 0 },
    { "domain-devices.rng", "serial-target-words", &virtcpu_serial_target_words, 0 },
    { "domain-devices.rng", "console-target-words", &virtcpu_console_target_words, 0 },
    { "domain-devices.rng", "listen-type-words", &virtcpu_listen_type_words, 0 },
    { "domain-devices.rng", "graphics-type-words", &virtcpu_graphics_type_words, 0 },
    { "domain-devices.rng", "video-model-words", &virtcpu_video_model_words, 0 },
    { "domain-devices.rng", "memballoon-model-words", &virtcpu_memballoon_model_words, 0 },
    { "domain-devices.rng", "controller-type-words", &virtcpu_controller_type_words, 0 },
    { "domain-devices.rng", "net-type-words", &virtcpu_net_type_words, 0 },
    { "domain-devices.rng", "pci-model-words", &virtcpu_pci_model_words, 0 },
    { "domain-devices.rng", "scsi-model-words", &virtcpu_scsi_model_words, 0 },
    { "domain-devices.rng", "usb-model-words", &virtcpu_usb_model_words, 0 },
    { "domain-devices.rng", "input-type-words", &virtcpu_input_type_words, 0 },
    { "domain-devices.rng", "input-bus-words", &virtcpu_input_bus_words, 0 },
    { "domain-devices.rng", "channel-target-words", &virtcpu_channel_target_words, 0 },
    { "domain-devices.rng", "audio-type-words", &virtcpu_audio_type_words, 0 },
    { "domain-devices.rng", "watchdog-model-words", &virtcpu_watchdog_model_words, 0 },
    { "domain-devices.rng", "watchdog-action-words", &virtcpu_watchdog_action_words, 0 },
};

static const char *const schemas[] = { "cpu-types.rng", "domain-types.rng", "domain.rng",
                                       "domain-devices.rng" };

static xmlDoc *
read_schema(const char *schema)
{
    g_autofree char *path = g_build_filename(g_getenv("VIRTCPU_SCHEMA_DIR"), schema, NULL);
    xmlDoc *doc = xmlReadFile(path, NULL, XML_PARSE_NONET);

    g_assert_nonnull(doc);
    return doc;
}

/* What XPath @query finds in @schema, as words (transfer full). */
static GHashTable *
find_words(const char *schema, const char *query)
{
    g_autoptr(xmlDoc) doc = read_schema(schema);
    g_autoptr(xmlXPathContext) context = xmlXPathNewContext(doc);
    g_autoptr(xmlXPathObject) found = NULL;
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    xmlXPathRegisterNs(context, (const xmlChar *)"r",
                       (const xmlChar *)"http://relaxng.org/ns/structure/1.0");
    found = xmlXPathEval((const xmlChar *)query, context);
    g_assert_nonnull(found);
    for (int i = 0; found->nodesetval != NULL && i < found->nodesetval->nodeNr; i++) {
        g_hash_table_add(words, virtcpu_xml_text(found->nodesetval->nodeTab[i]));
    }
    return words;
}

static GHashTable *
find_values(const char *schema, const char *define)
{
    g_autofree char *query = g_strdup_printf("//r:define[@name='%s']//r:value", define);

    return find_words(schema, query);
}

/* Take @word out of @words, where it has to be. */
static void
assert_takes(GHashTable *words, const char *word)
{
    if (!g_hash_table_remove(words, word)) {
        g_error("the schema lacks '%s'", word);
    }
}

static void
assert_empty(GHashTable *words)
{
    GHashTableIter iter;
    gpointer word;

    g_hash_table_iter_init(&iter, words);
    if (g_hash_table_iter_next(&iter, &word, NULL)) {
        g_error("only the schema has '%s'", (const char *)word);
    }
}

static void
test_words(gconstpointer data)
{
    const WordsRow *row = data;
    g_autoptr(GHashTable) words = find_values(row->schema, row->define);

    for (int i = row->first; virtcpu_words_to_string(row->words, i) != NULL; i++) {
        assert_takes(words, virtcpu_words_to_string(row->words, i));
    }
    assert_empty(words);
}

/* No list of words is left out above. */
static void
test_every_list(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(schemas); i++) {
        g_autoptr(GHashTable) defines =
            find_words(schemas[i], "//r:define[contains(@name,'-words')]/@name");

        for (gsize j = 0; j < G_N_ELEMENTS(rows); j++) {
            if (g_str_equal(rows[j].schema, schemas[i])) {
                assert_takes(defines, rows[j].define);
            }
        }
        g_hash_table_remove(defines, "arch-words");
        assert_empty(defines);
    }
}

static void
test_archs(void)
{
    g_autoptr(GHashTable) words = find_values("domain-types.rng", "arch-words");

    for (int arch = VIRTCPU_ARCH_NONE + 1; arch < VIRTCPU_ARCH_LAST; arch++) {
        assert_takes(words, virtcpu_arch_to_string((VirtCpuArch)arch));
    }
    assert_empty(words);
}

/* Elements of the group that row @name belongs to: "hyperv", "kvm", or "features" for none. */
static void
test_features(gconstpointer data)
{
    const char *group = data;
    g_autofree char *query =
        g_strdup_printf("//r:define[@name='%s']/r:element/r:interleave//r:element/@name", group);
    g_autoptr(GHashTable) elements = find_words("domain.rng", query);

    for (gsize i = 0; virtcpu_domain_feature_row_at(i) != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(virtcpu_domain_feature_row_at(i)->name, "/", 2);
        const char *of = parts[1] != NULL ? parts[0] : "features";

        if (g_str_equal(of, group)) {
            assert_takes(elements, parts[1] != NULL ? parts[1] : parts[0]);
        }
    }
    assert_empty(elements);
}

int
main(int argc, char **argv)
{
    static const char *const groups[] = { "features", "hyperv", "kvm" };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/schema/words/", rows[i].define, NULL);

        g_test_add_data_func(path, &rows[i], test_words);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autofree char *path = g_strconcat("/schema/features/", groups[i], NULL);

        g_test_add_data_func(path, groups[i], test_features);
    }
    g_test_add_func("/schema/every-list", test_every_list);
    g_test_add_func("/schema/archs", test_archs);
    return g_test_run();
}
