/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/chip-data.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/cpu/named-cpu.h"

typedef struct {
    VirtCpuData parent;
    guint32 value;
} ChipData;

VirtCpuData *
chip_data_new(VirtCpuArch arch)
{
    ChipData *data = g_new0(ChipData, 1);

    data->parent.ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(data_new), NULL);
    data->parent.arch = arch;
    return &data->parent;
}

void
chip_data_free(VirtCpuData *data)
{
    g_free(data);
}

VirtCpuData *
chip_data_copy(const VirtCpuData *data)
{
    return g_memdup2(data, sizeof(ChipData));
}

void
chip_data_set_register(VirtCpuData *data, guint32 value)
{
    ((ChipData *)data)->value = value;
}

static guint32
register_value(const VirtCpuData *data)
{
    return ((const ChipData *)data)->value;
}

static gboolean
read_register(VirtCpuData *data, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "value");
    guint64 value;

    if (!virtcpu_xml_number(node, "value", text != NULL ? text : "", G_MAXUINT32, &value, error)) {
        return FALSE;
    }
    chip_data_set_register(data, (guint32)value);
    return TRUE;
}

VirtCpuData *
chip_data_parse(VirtCpuArch arch, xmlNode *node, GError **error)
{
    g_autoptr(VirtCpuData) data = chip_data_new(arch);
    const ChipMap *map = data->ops->chips;
    xmlNode *row = xmlFirstElementChild(node);
    xmlNode *other = row != NULL && g_str_equal((const char *)row->name, map->reg)
                         ? xmlNextElementSibling(row)
                         : row;

    if (other != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Element '%s' on line %ld is not known in CPU data: one '%s' expected"),
                          (const char *)other->name, xmlGetLineNo(other), map->reg);
        return NULL;
    }
    if (row == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("CPU data on line %ld has no element '%s'"), xmlGetLineNo(node),
                          map->reg);
        return NULL;
    }
    return read_register(data, row, error) ? g_steal_pointer(&data) : NULL;
}

char *
chip_data_format(const VirtCpuData *data)
{
    return g_strdup_printf("<cpudata arch='%s'>\n  <%s value='0x%08x'/>\n</cpudata>\n",
                           data->ops->name, data->ops->chips->reg, register_value(data));
}

VirtCpuDef *
chip_data_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options, GError **error)
{
    const ChipMap *map = data->ops->chips;
    const ChipModel *model = chip_map_find_id(map, register_value(data));
    VirtCpuDef *def;

    if (model == NULL) {
        g_autofree char *reg = g_ascii_strup(map->reg, -1);

        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("Cannot find CPU model with %s 0x%08x"), reg, register_value(data));
        return NULL;
    }
    if (!named_cpu_model_is_allowed(options->hv_models, options->models, model->name, error)) {
        return NULL;
    }
    def = virtcpu_def_new(options->type);
    if (options->type == VIRTCPU_DEF_HOST) {
        def->arch = data->arch;
    } else {
        def->has_match = TRUE;
        def->has_fallback = TRUE;
    }
    def->model = g_strdup(model->name);
    def->vendor = g_strdup(model->vendor);
    return def;
}
