/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-address.h"

#include "conf/cpu-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* A number that is an attribute of some type of address. */
typedef struct {
    const char *name;
    gsize offset; /* of an unsigned in VirtCpuAddress */
    unsigned max;
    int digits;              /* hexadecimal with at least so many; 0: decimal */
    gboolean required;       /* must be written */
    gboolean hidden_if_zero; /* 0 means not given */
} FieldRow;

#define FIELDS_MAX 4

typedef struct {
    const char *name;
    FieldRow fields[FIELDS_MAX + 1]; /* ends with a NULL name */
} TypeRow;

#define AT(field) G_STRUCT_OFFSET(VirtCpuAddress, field)

/* By VirtCpuAddressType. Limits: PCI's own; QEMU has one PCI domain; a virtual CCW device is in
 * channel subsystem 0xfe; scsi-id and lun of QEMU's virtio-scsi. */
static const TypeRow type_rows[] = {
    [VIRTCPU_ADDRESS_NONE] = { NULL, { { 0 } } },
    [VIRTCPU_ADDRESS_PCI] = { "pci",
                              { { "domain", AT(domain), 0, 4, FALSE, FALSE },
                                { "bus", AT(bus), VIRTCPU_PCI_BUSES - 1, 2, FALSE, FALSE },
                                { "slot", AT(slot), VIRTCPU_PCI_SLOTS - 1, 2, FALSE, FALSE },
                                { "function", AT(function), VIRTCPU_PCI_FUNCTIONS - 1, 1, FALSE,
                                  FALSE } } },
    [VIRTCPU_ADDRESS_DRIVE] = { "drive",
                                { { "controller", AT(controller), 255, 0, FALSE, FALSE },
                                  { "bus", AT(bus), 255, 0, FALSE, FALSE },
                                  { "target", AT(target), 255, 0, FALSE, FALSE },
                                  { "unit", AT(unit), 16383, 0, FALSE, FALSE } } },
    [VIRTCPU_ADDRESS_VIRTIO_SERIAL] = { "virtio-serial",
                                        { { "controller", AT(controller), 255, 0, FALSE, FALSE },
                                          { "bus", AT(bus), 0, 0, FALSE, FALSE },
                                          { "port", AT(port), 30, 0, FALSE, FALSE } } },
    [VIRTCPU_ADDRESS_USB] = { "usb", { { "bus", AT(bus), 255, 0, FALSE, FALSE } } },
    [VIRTCPU_ADDRESS_CCW] = { "ccw",
                              { { "cssid", AT(cssid), 0xfe, 1, TRUE, FALSE },
                                { "ssid", AT(ssid), 3, 1, TRUE, FALSE },
                                { "devno", AT(devno), 0xffff, 4, TRUE, FALSE } } },
    [VIRTCPU_ADDRESS_VIRTIO_MMIO] = { "virtio-mmio", { { 0 } } },
    [VIRTCPU_ADDRESS_ISA] = { "isa",
                              { { "iobase", AT(iobase), 0xffff, 1, FALSE, TRUE },
                                { "irq", AT(irq), 15, 1, FALSE, TRUE } } },
};
G_STATIC_ASSERT(G_N_ELEMENTS(type_rows) == VIRTCPU_ADDRESS_LAST);

static const unsigned *
const_field(const VirtCpuAddress *address, const FieldRow *row)
{
    return (const unsigned *)(const void *)((const char *)address + row->offset);
}

static VirtCpuAddressType
type_from_string(const char *name)
{
    for (int type = VIRTCPU_ADDRESS_PCI; type < VIRTCPU_ADDRESS_LAST; type++) {
        if (g_strcmp0(type_rows[type].name, name) == 0) {
            return (VirtCpuAddressType)type;
        }
    }
    return VIRTCPU_ADDRESS_NONE;
}

const char *
virtcpu_address_type_to_string(VirtCpuAddressType type)
{
    return type < VIRTCPU_ADDRESS_LAST ? type_rows[type].name : NULL;
}

/* What may stand in an <address> of @type, for VirtCpuXmlRule (transfer full). */
static char *
attributes_of(VirtCpuAddressType type)
{
    GString *names = g_string_new("type");

    for (const FieldRow *row = type_rows[type].fields; row->name != NULL; row++) {
        g_string_append_printf(names, " %s", row->name);
    }
    if (type == VIRTCPU_ADDRESS_PCI) {
        g_string_append(names, " multifunction");
    } else if (type == VIRTCPU_ADDRESS_USB) {
        g_string_append(names, " port");
    }
    return g_string_free(names, FALSE);
}

static gboolean
parse_fields(xmlNode *node, VirtCpuAddress *address, GError **error)
{
    for (const FieldRow *row = type_rows[address->type].fields; row->name != NULL; row++) {
        guint64 value = 0;

        if (!virtcpu_xml_attribute_number(node, row->name, row->required, row->max, &value,
                                          error)) {
            return FALSE;
        }
        *(unsigned *)(void *)((char *)address + row->offset) = (unsigned)value;
    }
    return TRUE;
}

/* Up to four port numbers with dots between, each hub on the way one. */
static gboolean
is_usb_port(const char *text)
{
    g_auto(GStrv) numbers = g_strsplit(text, ".", -1);
    guint64 number;

    if (strlen(text) >= VIRTCPU_USB_PORT_BYTES || g_strv_length(numbers) > 4) {
        return FALSE;
    }
    for (char **part = numbers; *part != NULL; part++) {
        if (!g_ascii_string_to_unsigned(*part, 10, 1, 255, &number, NULL)) {
            return FALSE;
        }
    }
    return numbers[0] != NULL;
}

static gboolean
parse_usb_port(xmlNode *node, VirtCpuAddress *address, GError **error)
{
    g_autofree char *port = virtcpu_xml_attribute(node, "port");

    if (port == NULL) {
        return TRUE;
    }
    if (!is_usb_port(port)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Cannot parse <address> 'port' attribute '%s' (line %ld): up to four "
                            "port numbers with dots between are expected"),
                          port, xmlGetLineNo(node));
        return FALSE;
    }
    g_strlcpy(address->usb_port, port, sizeof(address->usb_port));
    return TRUE;
}

static gboolean
parse_multifunction(xmlNode *node, VirtCpuAddress *address, GError **error)
{
    int found = VIRTCPU_TRISTATE_ABSENT;

    if (!virtcpu_xml_choice(node, "multifunction", &virtcpu_switch_words, VIRTCPU_TRISTATE_YES,
                            &found, error)) {
        return FALSE;
    }
    address->multifunction = (VirtCpuTristate)found;
    return TRUE;
}

gboolean
virtcpu_address_parse(xmlNode *node, VirtCpuAddress *address, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    g_autofree char *attributes = NULL;
    VirtCpuXmlRule rule = { NULL };

    *address = (VirtCpuAddress){ .type = type_from_string(type) };
    if (type == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Missing required attribute 'type' in element 'address' (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (address->type == VIRTCPU_ADDRESS_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("'type' of element 'address' at line %ld is '%s', which is not "
                            "supported"),
                          xmlGetLineNo(node), type);
        return FALSE;
    }
    attributes = attributes_of(address->type);
    rule.attributes = attributes;
    return virtcpu_xml_check(node, &rule, error) && parse_fields(node, address, error) &&
           (address->type != VIRTCPU_ADDRESS_USB || parse_usb_port(node, address, error)) &&
           (address->type != VIRTCPU_ADDRESS_PCI || parse_multifunction(node, address, error));
}

gboolean
virtcpu_address_is_assigned(const VirtCpuAddress *address)
{
    switch (address->type) {
    case VIRTCPU_ADDRESS_PCI:
        /* function 0 of slot 0 of bus 0 is the host bridge's own */
        return address->bus != 0 || address->slot != 0 || address->function != 0;
    case VIRTCPU_ADDRESS_USB:
        return address->usb_port[0] != '\0';
    case VIRTCPU_ADDRESS_NONE:
        return FALSE;
    case VIRTCPU_ADDRESS_DRIVE:
    case VIRTCPU_ADDRESS_VIRTIO_SERIAL:
    case VIRTCPU_ADDRESS_CCW:
    case VIRTCPU_ADDRESS_VIRTIO_MMIO:
    case VIRTCPU_ADDRESS_ISA:
    case VIRTCPU_ADDRESS_LAST:
    default:
        return TRUE;
    }
}

static void
append_number(GString *out, const FieldRow *row, unsigned value)
{
    if (row->digits == 0) {
        g_string_append_printf(out, " %s='%u'", row->name, value);
    } else {
        g_string_append_printf(out, " %s='0x%0*x'", row->name, row->digits, value);
    }
}

void
virtcpu_address_format(const VirtCpuAddress *address, unsigned indent, GString *out)
{
    if (!virtcpu_address_is_assigned(address)) {
        return;
    }
    g_string_append_printf(out, "%*s<address type='%s'", (int)indent, "",
                           type_rows[address->type].name);
    for (const FieldRow *row = type_rows[address->type].fields; row->name != NULL; row++) {
        const unsigned value = *const_field(address, row);

        if (value != 0 || !row->hidden_if_zero) {
            append_number(out, row, value);
        }
    }
    if (address->usb_port[0] != '\0') {
        virtcpu_xml_append_attribute(out, "port", address->usb_port);
    }
    if (address->multifunction != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(
            out, "multifunction",
            virtcpu_words_to_string(&virtcpu_switch_words, (int)address->multifunction));
    }
    g_string_append(out, "/>\n");
}

char *
virtcpu_address_pci_to_text(const VirtCpuAddress *address)
{
    return g_strdup_printf("%04x:%02x:%02x.%x", address->domain, address->bus, address->slot,
                           address->function);
}
