/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-def.h"
#include "conf/error.h"

#include <string.h>

/* @in and what it is written as; NULL: as it came in. */
static const struct {
    const char *in;
    const char *out;
} written[] = {
    { "<cpu/>", "" },
    { "<cpu mode='host-model' check='partial'/>\n", NULL },
    { "<cpu mode='host-model' check='partial' deprecated_features='off'/>\n", NULL },
    { "<cpu mode='host-model'><model fallback='allow'/></cpu>", "<cpu mode='host-model'/>\n" },
    { "<cpu mode='host-model'>\n  <model fallback='forbid'/>\n</cpu>\n", NULL },
    { "<cpu mode='host-model' check='partial'>\n  <model vendor_id='Libvirt QEMU'/>\n</cpu>\n",
      NULL },
    { "<cpu mode='host-passthrough' check='none' migratable='on'/>\n", NULL },
    { "<cpu><model>X</model></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>X</model>\n</cpu>\n" },
    { "<cpu><topology sockets='1' cores='2' threads='3'/></cpu>",
      "<cpu>\n  <topology sockets='1' dies='1' cores='2' threads='3'/>\n</cpu>\n" },
    { "<cpu mode='custom' match='strict' check='full'>\n  <model fallback='forbid' "
      "vendor_id='GenuineFaked'>Penryn</model>\n  <vendor>Intel</vendor>\n  <topology sockets='1' "
      "dies='1' clusters='2' cores='4' threads='1'/>\n  <cache level='3' mode='emulate'/>\n  "
      "<maxphysaddr mode='emulate' bits='42'/>\n  <feature policy='disable' name='vme'/>\n  "
      "<feature policy='forbid' name='lahf_lm'/>\n</cpu>\n",
      NULL },
    { "<cpu><numa><cell id='1' cpus='3,2' memory='1' unit='MiB'/><cell id='0' cpus='0,1' "
      "memory='512' memAccess='shared' discard='yes'/></numa></cpu>",
      "<cpu>\n  <numa>\n    <cell id='0' cpus='0-1' memory='512' unit='KiB' memAccess='shared' "
      "discard='yes'/>\n    <cell id='1' cpus='2-3' memory='1024' unit='KiB'/>\n  "
      "</numa>\n</cpu>\n" },
    { "<cpu>\n  <arch>x86_64</arch>\n  <model>Opteron_G5</model>\n  <vendor>AMD</vendor>\n  "
      "<microcode version='1'/>\n  <signature family='21' model='16' stepping='1'/>\n  <counter "
      "name='tsc' frequency='2300000000' scaling='no'/>\n  <topology sockets='1' dies='1' "
      "cores='2' threads='1'/>\n  <maxphysaddr mode='emulate' bits='48'/>\n  <feature "
      "name='ht'/>\n</cpu>\n",
      NULL },
};

static void
test_written(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(written); i++) {
        const char *expected = written[i].out != NULL ? written[i].out : written[i].in;
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDef) def = virtcpu_def_parse(written[i].in, VIRTCPU_DEF_AUTO, &error);
        g_autoptr(VirtCpuDef) copy = NULL;
        g_autofree char *text = NULL;

        g_assert_no_error(error);
        copy = virtcpu_def_copy(def);
        text = virtcpu_def_to_xml(copy);
        g_assert_cmpstr(text, ==, expected);
    }
}

static const struct {
    const char *xml;
    VirtCpuErrorCode code;
    const char *words;
} refused[] = {
    { "<domain/>", VIRTCPU_ERR_XML_ERROR, "does not contain expected 'cpu'" },
    { "<cpu mode='foo'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "Invalid mode attribute 'foo'" },
    { "<cpu check='default'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "Invalid check attribute" },
    { "<cpu deprecated_features='maybe'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "deprecated_features" },
    { "<cpu migratable='on'><model>X</model></cpu>", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "only allowed for 'host-passthrough'" },
    { "<cpu><vendor>Intel</vendor></cpu>", VIRTCPU_ERR_XML_ERROR, "vendor specified without" },
    { "<cpu><feature name='a'/></cpu>", VIRTCPU_ERR_XML_ERROR, "without CPU model" },
    { "<cpu><model>a,b</model></cpu>", VIRTCPU_ERR_XML_ERROR, "Invalid CPU model name" },
    { "<cpu><model fallback='x'>X</model></cpu>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "fallback" },
    { "<cpu><model vendor_id='short'>X</model></cpu>", VIRTCPU_ERR_XML_ERROR,
      "exactly 12 characters" },
    { "<cpu><model vendor_id='abcdef,hijkl'>X</model></cpu>", VIRTCPU_ERR_XML_ERROR,
      "vendor id is invalid" },
    { "<cpu><model>X</model><feature policy='x' name='a'/></cpu>", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "policy" },
    { "<cpu><model>X</model><feature/></cpu>", VIRTCPU_ERR_XML_ERROR, "feature name" },
    { "<cpu><model>X</model><feature name='a,b'/></cpu>", VIRTCPU_ERR_XML_ERROR, "feature name" },
    { "<cpu><model>X</model><feature name='b'/><feature name='a'/><feature name='b'/></cpu>",
      VIRTCPU_ERR_XML_ERROR, "CPU feature 'b' specified more than once" },
    { "<cpu><model>X</model><model>Y</model></cpu>", VIRTCPU_ERR_XML_ERROR, "second time" },
    { "<cpu><topology sockets='0' cores='1' threads='1'/></cpu>", VIRTCPU_ERR_XML_ERROR,
      "Zero is not permitted" },
    { "<cpu><topology sockets='1' cores='-1' threads='1'/></cpu>", VIRTCPU_ERR_XML_ERROR,
      "'cores'" },
    { "<cpu><topology sockets='1' cores='1'/></cpu>", VIRTCPU_ERR_XML_ERROR,
      "Missing required attribute 'threads'" },
    { "<cpu><cache level='4' mode='emulate'/></cpu>", VIRTCPU_ERR_XML_ERROR, "range [1,3]" },
    { "<cpu><cache level='3'/></cpu>", VIRTCPU_ERR_XML_ERROR, "attribute 'mode'" },
    { "<cpu><maxphysaddr mode='absent'/></cpu>", VIRTCPU_ERR_XML_ERROR, "'mode'" },
    { "<cpu><numa/></cpu>", VIRTCPU_ERR_XML_ERROR, "without NUMA cells" },
    { "<cpu><numa><cell id='1' memory='1'/></numa></cpu>", VIRTCPU_ERR_XML_ERROR,
      "not starting from 0" },
    { "<cpu><numa><cell id='0' memory='1'/><cell id='0' memory='1'/></numa></cpu>",
      VIRTCPU_ERR_XML_ERROR, "Duplicate NUMA cell" },
    { "<cpu><numa><cell cpus='0' memory='1'/><cell cpus='0-1' memory='1'/></numa></cpu>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "NUMA cell 1" },
    { "<cpu><numa><cell cpus='3-1' memory='1'/></numa></cpu>", VIRTCPU_ERR_XML_ERROR, "'cpus'" },
    { "<cpu><numa><cell memory='18446744073709551615' unit='EiB'/></numa></cpu>",
      VIRTCPU_ERR_XML_ERROR, "memory size" },
    { "<cpu><numa><cell memory='1'><distances/></cell></numa></cpu>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED, "distances" },
    { "<cpu match='exact'><arch>x86_64</arch><model>X</model></cpu>", VIRTCPU_ERR_XML_ERROR,
      "'arch' element" },
    { "<cpu><arch>pdp11</arch><model>X</model></cpu>", VIRTCPU_ERR_CONFIG_UNSUPPORTED,
      "Unknown architecture 'pdp11'" },
    { "<cpu><arch>x86_64</arch></cpu>", VIRTCPU_ERR_XML_ERROR, "Missing CPU model name" },
};

static void
test_refused(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_def_parse(refused[i].xml, VIRTCPU_DEF_AUTO, &error));
        g_assert_error(error, VIRTCPU_ERROR, (int)refused[i].code);
        if (strstr(error->message, refused[i].words) == NULL) {
            g_error("%s: '%s' lacks '%s'", refused[i].xml, error->message, refused[i].words);
        }
    }
}

static void
test_features(void)
{
    g_autoptr(VirtCpuDef) def = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    const VirtCpuDefFeature *first;

    virtcpu_def_set_feature(def, "b", VIRTCPU_POLICY_REQUIRE);
    virtcpu_def_set_feature(def, "a", VIRTCPU_POLICY_REQUIRE);
    virtcpu_def_set_feature(def, "b", VIRTCPU_POLICY_DISABLE);
    g_assert_cmpuint(def->features->len, ==, 2);
    g_assert_cmpint(virtcpu_def_find_feature(def, "b")->policy, ==, VIRTCPU_POLICY_DISABLE);
    virtcpu_def_sort_features(def);
    first = g_ptr_array_index(def->features, 0);
    g_assert_cmpstr(first->name, ==, "a");
    virtcpu_def_remove_feature(def, "a");
    virtcpu_def_remove_feature(def, "a");
    g_assert_null(virtcpu_def_find_feature(def, "a"));
    g_assert_cmpuint(def->features->len, ==, 1);
}

static void
test_parse_all(void)
{
    const char *text =
        "<?xml version='1.0'?>\n"
        "<capabilities><host><cpu><arch>x86_64</arch><model>A</model><pages size='4'/></cpu>"
        "<topology><cells><cell><cpus><cpu id='0'/></cpus></cell></cells></topology></host>"
        "</capabilities>\n<?xml version='1.0'?>\n"
        "<domainCapabilities><cpu><mode name='maximum' supported='yes'/><mode name='host-model' "
        "supported='yes'><model fallback='forbid'>B</model><feature policy='require' "
        "name='vmx'/></mode></cpu></domainCapabilities>"
        "<cliOutput><domain><cpu><model>C</model></cpu></domain></cliOutput>";
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) defs = virtcpu_def_parse_all(text, &error);
    const char *const models[] = { "A", "B", "C" };

    g_assert_no_error(error);
    g_assert_cmpuint(defs->len, ==, G_N_ELEMENTS(models));
    for (guint i = 0; i < defs->len; i++) {
        const VirtCpuDef *def = g_ptr_array_index(defs, i);

        g_assert_cmpstr(def->model, ==, models[i]);
    }
    g_assert_null(virtcpu_def_parse_all("<domain/>", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_XML_ERROR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-def/written", test_written);
    g_test_add_func("/cpu-def/refused", test_refused);
    g_test_add_func("/cpu-def/features", test_features);
    g_test_add_func("/cpu-def/parse-all", test_parse_all);
    return g_test_run();
}
