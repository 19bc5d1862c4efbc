/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a definition asks of its CPU's command line in <metadata>. */
#include "conf/cpu-form.h"
#include "conf/domain-def.h"
#include "conf/error.h"

#include <string.h>

#define OURS(inside) "<metadata><v:cpu xmlns:v='" VIRTCPU_CPU_NAMESPACE "'" inside "</metadata>"
#define FOREIGN      "<a:x xmlns:a='urn:a' form='odd'><a:cpu/>kept</a:x>"

static const struct {
    const char *metadata;
    VirtCpuCpuForm form;
    const char *properties; /* JSON, or NULL */
    int code;               /* 0: taken */
} rows[] = {
    { NULL, VIRTCPU_CPU_FORM_DEFAULT, NULL, 0 },
    { "<metadata/>", VIRTCPU_CPU_FORM_DEFAULT, NULL, 0 },
    { "<metadata>" FOREIGN "</metadata>", VIRTCPU_CPU_FORM_DEFAULT, NULL, 0 },
    { OURS("/>"), VIRTCPU_CPU_FORM_DEFAULT, NULL, 0 },
    { OURS(" form='named'/>"), VIRTCPU_CPU_FORM_NAMED, NULL, 0 },
    { OURS(" form='explicit'> </v:cpu>"), VIRTCPU_CPU_FORM_EXPLICIT, NULL, 0 },
    { OURS("><v:property name='min-level' value='4'/><v:property name='x-a.b_c' value='off'/>"
           "<v:property name='model-id' value=''/></v:cpu>"),
      VIRTCPU_CPU_FORM_DEFAULT, "{\"min-level\":4,\"x-a.b_c\":false,\"model-id\":\"\"}", 0 },
    { OURS(" form='default'/>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS(" form=''/>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS(" other='named'/>"), 0, NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { OURS(" v:form='named'/>"), 0, NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { OURS("><v:other/></v:cpu>"), 0, NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { OURS("><property name='a' value='b'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { OURS("><v:property name='a'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS("><v:property value='a'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS("><v:property name='' value='a'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS("><v:property name='a,b' value='c'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS("><v:property name='a=on' value='c'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS("><v:property name='a' value='b,c=on'/></v:cpu>"), 0, NULL, VIRTCPU_ERR_XML_ERROR },
    { OURS("><v:property name='a' value='1'/><v:property name='b' value='2'/>"
           "<v:property name='a' value='3'/></v:cpu>"),
      0, NULL, VIRTCPU_ERR_XML_ERROR },
    { "<metadata><v:gpu xmlns:v='" VIRTCPU_CPU_NAMESPACE "'/></metadata>", 0, NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
};

static void
test_parse(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VirtCpuJson) properties = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        VirtCpuCpuForm form;
        gboolean good;

        g_test_message("%s", rows[i].metadata != NULL ? rows[i].metadata : "none");
        good = virtcpu_cpu_form_parse(rows[i].metadata, &form, &properties, &error);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, rows[i].code);
        g_assert_true(good == (error == NULL));
        if (good) {
            g_assert_cmpint(form, ==, rows[i].form);
            text = properties != NULL ? virtcpu_json_format(properties, FALSE) : NULL;
            g_assert_cmpstr(text, ==, rows[i].properties);
        }
    }
}

/* What is recorded is read back, and all else stays. */
static void
test_record(void)
{
    static const char *const starts[] = { NULL, "<metadata/>", "<metadata>" FOREIGN "</metadata>",
                                          OURS(" form='named'><v:property name='a' value='1'/>"
                                               "</v:cpu>" FOREIGN) };

    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
        g_autoptr(VirtCpuJson) properties = virtcpu_json_parse("{\"b\":true,\"c\":7}", -1, NULL);
        g_autofree char *text =
            virtcpu_cpu_form_record(starts[i], VIRTCPU_CPU_FORM_EXPLICIT, properties);
        g_autofree char *again = NULL;
        g_autofree char *found = NULL;
        g_autoptr(VirtCpuJson) read = NULL;
        g_autoptr(GError) error = NULL;
        VirtCpuCpuForm form;

        g_assert_true(virtcpu_cpu_form_parse(text, &form, &read, &error));
        g_assert_cmpint(form, ==, VIRTCPU_CPU_FORM_EXPLICIT);
        found = virtcpu_json_format(read, FALSE);
        g_assert_cmpstr(found, ==, "{\"b\":true,\"c\":7}");
        g_assert_true((strstr(text, ">kept</a:x>") != NULL) == (i >= 2));
        again = virtcpu_cpu_form_record(text, form, read);
        g_assert_cmpstr(again, ==, text);
    }
}

/* A domain keeps it, and a copy of the domain, too. */
static void
test_domain(void)
{
    static const char xml[] = "<domain type='qemu'><name>d</name>" OURS(
        " form='named'><v:property name='a' value='1'/></v:cpu>") "<memory>65536</memory><os><type "
                                                                  "arch='x86_64' "
                                                                  "machine='pc'>hvm</type></os></"
                                                                  "domain>";
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_parse(xml, FALSE, &error);
    g_autoptr(VirtCpuDomainDef) copy = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    copy = virtcpu_domain_def_copy(def);
    g_assert_cmpint(copy->cpu_form, ==, VIRTCPU_CPU_FORM_NAMED);
    g_assert_nonnull(virtcpu_json_get(copy->cpu_properties, "a"));
    virtcpu_domain_def_set_cpu_form(copy, VIRTCPU_CPU_FORM_EXPLICIT, NULL);
    text = virtcpu_domain_def_format(copy, 0);
    g_assert_nonnull(strstr(text, "form=\"explicit\"/>"));
    g_assert_null(strstr(text, "property"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-form/parse", test_parse);
    g_test_add_func("/cpu-form/record", test_record);
    g_test_add_func("/cpu-form/domain", test_domain);
    return g_test_run();
}
