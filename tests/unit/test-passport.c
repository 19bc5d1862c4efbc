/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passports as XML: written and read again, and damaged at the beginning, in the middle, at the
 * end.
 */
#include "conf/xml.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/guest-answer.h"

#include <string.h>

#define CPU                                                                                        \
    "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>Westmere-v1</model>"   \
    "<feature policy='require' name='arat'/><feature policy='optional' name='aes'/>"               \
    "<feature policy='optional' name='avx'/></cpu>"

#define PROPS                                                                                      \
    "{\"aes\":true,\"avx\":false,\"family\":6,\"level\":11,\"model-id\":\"Westmere <&> E56xx\","   \
    "\"apic-id\":0,\"big\":18446744073709551615,\"negative\":-1,\"empty\":\"\"}"

/* What the first vCPU of a recorded guest sees. */
static VirtCpuData *
read_sight(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "guest", "westmere-2.bin", NULL);
    g_autofree char *bytes = NULL;
    g_autoptr(GPtrArray) vcpus = NULL;
    g_autoptr(GError) error = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(path, &bytes, &size, &error));
    vcpus = virtcpu_guest_answer_parse((const guint8 *)bytes, size, VIRTCPU_ARCH_X86_64, &error);
    g_assert_no_error(error);
    return virtcpu_cpu_data_copy(((VirtCpuGuestVcpu *)g_ptr_array_index(vcpus, 0))->data);
}

static VirtCpuJson *
read_json(const char *text)
{
    g_autoptr(GError) error = NULL;
    VirtCpuJson *json = virtcpu_json_parse(text, -1, &error);

    g_assert_no_error(error);
    return json;
}

static VirtCpuPassport *
make_passport(void)
{
    VirtCpuPassport *passport = virtcpu_passport_new();

    passport->arch = VIRTCPU_ARCH_X86_64;
    passport->virt_type = VIRTCPU_VIRT_KVM;
    passport->machine = g_strdup("pc-i440fx-7.2");
    passport->facts = g_strdup("version=7.2.0\npackage=a=b 'c'\nkernel=6.1\n");
    passport->cpu = virtcpu_def_parse(CPU, VIRTCPU_DEF_GUEST, NULL);
    passport->form = virtcpu_explicit_cpu_new("Westmere-v1", read_json(PROPS));
    passport->vcpu = read_json("{\"phys-bits\":40,\"level\":13}");
    passport->features = read_sight();
    passport->sees = read_sight();
    return passport;
}

static char *
make_xml(void)
{
    g_autoptr(VirtCpuPassport) passport = make_passport();

    return virtcpu_passport_to_xml(passport);
}

static VirtCpuPassport *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    VirtCpuPassport *passport = virtcpu_passport_parse(xml, &error);

    g_assert_no_error(error);
    return passport;
}

static void
test_round_trip(void)
{
    g_autofree char *xml = make_xml();
    g_autoptr(VirtCpuPassport) passport = parse(xml);
    g_autofree char *again = virtcpu_passport_to_xml(passport);
    g_autoptr(VirtCpuPassport) copy = virtcpu_passport_copy(passport);
    g_autofree char *copied = virtcpu_passport_to_xml(copy);
    g_autoptr(GArray) differences = NULL;
    g_autoptr(VirtCpuData) sight = read_sight();

    g_assert_cmpstr(again, ==, xml);
    g_assert_cmpstr(copied, ==, xml);
    g_assert_cmpint(virtcpu_passport_level(passport), ==, VIRTCPU_PROOF_GUEST);
    g_assert_cmpint(passport->virt_type, ==, VIRTCPU_VIRT_KVM);
    g_assert_cmpstr(passport->facts, ==, "version=7.2.0\npackage=a=b 'c'\nkernel=6.1\n");
    g_assert_cmpstr(passport->form->version, ==, "Westmere-v1");
    g_assert_cmpstr(virtcpu_json_get_string(passport->form->props, "model-id"), ==,
                    "Westmere <&> E56xx");
    g_assert_false(virtcpu_json_get_bool(passport->form->props, "avx", TRUE));
    g_assert_null(virtcpu_json_get(passport->form->props, "apic-id")); /* it is placed anew */
    differences = virtcpu_cpu_data_differences(sight, passport->sees);
    g_assert_cmpuint(differences->len, ==, 0);
}

/* How it is laid out is no part of it: libvirt's tools write documents anew. */
static void
test_layout(void)
{
    g_autofree char *xml = make_xml();
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, NULL);
    g_autoptr(VirtCpuPassport) passport = NULL;
    xmlChar *text = NULL;
    int size;

    xmlKeepBlanksDefault(0);
    xmlDocDumpFormatMemory(doc, &text, &size, 1);
    passport = parse((const char *)text);
    g_assert_nonnull(passport);
    xmlFree(text);
}

static void
test_levels(void)
{
    g_autoptr(VirtCpuPassport) passport = make_passport();
    g_autofree char *xml = NULL;
    g_autoptr(VirtCpuPassport) again = NULL;

    g_clear_pointer(&passport->sees, virtcpu_cpu_data_free);
    passport->unproven = g_strdup("no\nfirmware");
    g_assert_cmpint(virtcpu_passport_level(passport), ==, VIRTCPU_PROOF_QEMU);
    xml = virtcpu_passport_to_xml(passport);
    again = parse(xml);
    g_assert_cmpstr(again->unproven, ==, "no firmware");
    g_clear_pointer(&passport->features, virtcpu_cpu_data_free);
    g_assert_cmpint(virtcpu_passport_level(passport), ==, VIRTCPU_PROOF_NAMES);
    g_assert_cmpstr(virtcpu_proof_level_to_string(VIRTCPU_PROOF_NAMES), ==, "names");
    g_assert_null(virtcpu_proof_level_to_string(VIRTCPU_PROOF_LAST));
}

/* @xml with @from as @to; @from must be there. */
static char *
replace(const char *xml, const char *from, const char *to)
{
    g_autoptr(GString) text = g_string_new(xml);

    g_assert_cmpuint(g_string_replace(text, from, to, 1), ==, 1);
    return g_strdup(text->str);
}

static void
assert_refused(const char *xml, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_parse(xml, &error);

    g_assert_null(passport);
    g_assert_nonnull(error);
    if (strstr(error->message, words) == NULL) {
        g_error("'%s' is not in: %s", words, error->message);
    }
}

/* One thing changed on the way: at the beginning, in the middle, at the end. */
static void
test_damaged(void)
{
    static const char *const rows[][2] = {
        { "machine='pc-i440fx-7.2'", "machine='pc-i440fx-7.1'" },
        { "value='6.1'", "value='6.2'" },
        { "name='arat'", "name='abm'" },
        { "off='avx'", "off='aes'" },
        { "</form>", "<property name='new' flag='on'/></form>" },
        { "name='phys-bits' number='40'", "name='phys-bits' number='41'" },
        { "<msr index='0x491'", "<msr index='0x492'" },
        { "</virtcpu:passport>", "<guest unproven='x'/></virtcpu:passport>" },
    };
    g_autofree char *xml = make_xml();

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *changed = replace(xml, rows[i][0], rows[i][1]);

        assert_refused(changed, "checksum is wrong");
    }
    for (gsize length = 0; length < strlen(xml) - 1; length += strlen(xml) / 40) {
        g_autofree char *torn = g_strndup(xml, length);

        assert_refused(torn, "");
    }
}

/* @xml with a checksum that is right, as one who tampers would make it. */
static char *
seal(const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, &error);
    g_autofree char *checksum = NULL;
    g_autofree char *sealed = NULL;
    xmlChar *text = NULL;
    int size;

    g_assert_no_error(error);
    checksum = virtcpu_passport_checksum(xmlDocGetRootElement(doc));
    xmlSetProp(xmlDocGetRootElement(doc), (const xmlChar *)"checksum", (const xmlChar *)checksum);
    xmlDocDumpMemory(doc, &text, &size);
    sealed = g_strdup((const char *)text);
    xmlFree(text);
    return g_steal_pointer(&sealed);
}

static void
test_hostile(void)
{
    static const char *const rows[][3] = {
        { "format='1'", "format='2'", "another virtcpu" },
        { "arch='x86_64'", "arch='pdp11'", "not known" },
        { "arch='x86_64' virt", "arch='s390x' virt", "CPU data" },
        { "virt-type='kvm'", "virt-type='xen'", "not known" },
        { "virt-type='kvm'", "virt-type='kvm' more='1'", "'more'" },
        { "machine='pc-i440fx-7.2'", "machine=''", "'machine'" },
        { "<facts>", "<facts/><facts>", "second time" },
        { "<fact name='version'", "<fact name=''", "'name'" },
        { "<fact name='version'", "<fact name='a=b'", "a name and a value" },
        { "mode='custom'", "mode='bogus'", "mode" },
        { "model='Westmere-v1'", "model='a,b=c'", "no name" },
        { "name='aes' flag='on'", "name='aes,x=y' flag='on'", "name of its own" },
        { "name='aes' flag='on'", "name='avx' flag='on'", "no list of properties" },
        { "off='avx'", "off='avx  fma'", "no list of properties" },
        { "off='avx'", "off='avx a,b=c'", "no list of properties" },
        { "off='avx'", "off='avx avx'", "no list of properties" },
        { "name='aes' flag='on'", "name='aes' flag='maybe'", "no sense" },
        { "name='aes' flag='on'", "name='aes' number='1e9'", "no sense" },
        { "name='aes' flag='on'", "name='aes' flag='on' text='on'", "name of its own" },
        { "name='aes' flag='on'", "name='aes'", "name of its own" },
        { "text='Westmere ", "text='&#10;", "no sense" },
        { "<features>", "<features><a/>", "'a'" },
        { "<guest>", "<guest unproven='x'>", "not unproven" },
        { "<msr index='0x491'", "<msr index='x'", "32-bit" },
        { "</virtcpu:passport>", "<more/></virtcpu:passport>", "'more'" },
        { "passport/1.0'", "passport/9.0'", "it is none" },
    };
    g_autofree char *xml = make_xml();
    g_autofree char *same = seal(xml);
    g_autoptr(VirtCpuPassport) passport = parse(same);

    g_assert_nonnull(passport);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *changed = replace(xml, rows[i][0], rows[i][1]);
        g_autofree char *sealed = seal(changed);

        assert_refused(sealed, rows[i][2]);
    }
    assert_refused("<passport/>", "it is none");
    assert_refused("garbage", "");
}

static void
test_find(void)
{
    g_autofree char *passport = make_xml();
    g_autofree char *xml =
        g_strdup_printf("<qemu-migration><passport/>%s</qemu-migration>", passport);
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, NULL);
    g_autoptr(xmlDoc) other = virtcpu_xml_parse("<a><passport/></a>", NULL);
    g_autoptr(VirtCpuPassport) found =
        virtcpu_passport_parse_node(virtcpu_passport_find(xmlDocGetRootElement(doc)), NULL);

    g_assert_nonnull(found);
    g_assert_null(virtcpu_passport_find(xmlDocGetRootElement(other)));
}

/* What was optional is decided: by what the guest has, else by what was asked for. */
static void
test_exact(void)
{
    g_autoptr(VirtCpuDef) cpu = virtcpu_def_parse(CPU, VIRTCPU_DEF_GUEST, NULL);
    g_autoptr(VirtCpuData) sight = read_sight();
    g_autoptr(VirtCpuDef) exact = virtcpu_passport_exact_cpu(cpu, sight);
    g_autoptr(VirtCpuDef) guess = virtcpu_passport_exact_cpu(cpu, NULL);

    g_assert_cmpint(virtcpu_def_find_feature(exact, "aes")->policy, ==, VIRTCPU_POLICY_REQUIRE);
    g_assert_cmpint(virtcpu_def_find_feature(exact, "avx")->policy, ==, VIRTCPU_POLICY_DISABLE);
    g_assert_cmpint(virtcpu_def_find_feature(guess, "arat")->policy, ==, VIRTCPU_POLICY_REQUIRE);
    g_assert_cmpint(virtcpu_def_find_feature(guess, "aes")->policy, ==, VIRTCPU_POLICY_DISABLE);
    g_assert_null(virtcpu_passport_exact_cpu(NULL, sight));
}

static void
test_facts(void)
{
    g_autoptr(VirtCpuPassport) passport = make_passport();
    g_autofree char *same =
        virtcpu_passport_fact_difference(passport, "version=7.2.0\n", "version", NULL);
    g_autofree char *other =
        virtcpu_passport_fact_difference(passport, "version=10.0.0\n", "version", NULL);
    gboolean known = TRUE;
    g_autofree char *none =
        virtcpu_passport_fact_difference(passport, "build-id=ab\n", "cpuid", &known);

    g_assert_null(same);
    g_assert_nonnull(strstr(other, "7.2.0"));
    g_assert_null(none);
    g_assert_false(known);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/passport/round-trip", test_round_trip);
    g_test_add_func("/passport/layout", test_layout);
    g_test_add_func("/passport/levels", test_levels);
    g_test_add_func("/passport/damaged", test_damaged);
    g_test_add_func("/passport/hostile", test_hostile);
    g_test_add_func("/passport/find", test_find);
    g_test_add_func("/passport/exact-cpu", test_exact);
    g_test_add_func("/passport/facts", test_facts);
    return g_test_run();
}
