/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-answer.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

#define MAGIC          "virtcpu"
#define FORMAT_VERSION 1
#define HEADER_BYTES   20
#define RECORD_BYTES   28
#define HASH_BYTES     4

#define FNV_BASIS 0x811c9dc5u
#define FNV_PRIME 0x01000193u

typedef enum {
    KIND_CPUID = 1,
    KIND_MSR = 2,
} Kind;

typedef enum {
    MODE_PROTECTED,
    MODE_LONG,
    MODE_LAST,
} Mode;

typedef struct {
    guint8 kind, mode;
    guint16 vcpu;
    VirtCpuGuestLeaf leaf; /* of an MSR: its number, and the value in eax and edx */
} Record;

static guint32
read_u32(const guint8 *bytes)
{
    guint32 value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static Record
read_record(const guint8 *bytes)
{
    Record record = {
        .kind = bytes[0],
        .mode = bytes[1],
        .vcpu = (guint16)(bytes[2] | bytes[3] << 8),
        .leaf = { .leaf = read_u32(bytes + 4), .subleaf = read_u32(bytes + 8) },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(record.leaf.values); i++) {
        record.leaf.values[i] = read_u32(bytes + 12 + 4 * i);
    }
    return record;
}

static guint32
hash(const guint8 *bytes, gsize size)
{
    guint32 value = FNV_BASIS;

    for (gsize i = 0; i < size; i++) {
        value = (value ^ bytes[i]) * FNV_PRIME;
    }
    return value;
}

static void
vcpu_free(gpointer data)
{
    VirtCpuGuestVcpu *vcpu = data;

    g_array_unref(vcpu->leaves);
    g_array_unref(vcpu->msrs);
    virtcpu_cpu_data_free(vcpu->data);
    g_free(vcpu);
}

static gboolean
add_vcpu(GPtrArray *vcpus, VirtCpuArch arch, GError **error)
{
    VirtCpuData *data = virtcpu_cpu_data_new(arch, error);
    VirtCpuGuestVcpu *vcpu;

    if (data == NULL) {
        return FALSE;
    }
    vcpu = g_new0(VirtCpuGuestVcpu, 1);
    vcpu->leaves = g_array_new(FALSE, FALSE, sizeof(VirtCpuGuestLeaf));
    vcpu->msrs = g_array_new(FALSE, FALSE, sizeof(VirtCpuGuestMsr));
    vcpu->data = data;
    g_ptr_array_add(vcpus, vcpu);
    return TRUE;
}

static VirtCpuGuestLeaf *
find_leaf(const VirtCpuGuestVcpu *vcpu, guint32 leaf, guint32 subleaf)
{
    for (guint i = 0; i < vcpu->leaves->len; i++) {
        VirtCpuGuestLeaf *row = &g_array_index(vcpu->leaves, VirtCpuGuestLeaf, i);

        if (row->leaf == leaf && row->subleaf == subleaf) {
            return row;
        }
    }
    return NULL;
}

const VirtCpuGuestLeaf *
virtcpu_guest_vcpu_find(const VirtCpuGuestVcpu *vcpu, guint32 leaf, guint32 subleaf)
{
    return find_leaf(vcpu, leaf, subleaf);
}

/* Long mode's answer stands instead of protected mode's, which comes before it; one mode gives no
 * two. */
static gboolean
add_cpuid(VirtCpuGuestVcpu *vcpu, const Record *record)
{
    const VirtCpuGuestLeaf *leaf = &record->leaf;
    VirtCpuGuestLeaf *known = find_leaf(vcpu, leaf->leaf, leaf->subleaf);

    if (known != NULL && record->mode == MODE_PROTECTED) {
        return FALSE;
    }
    if (known != NULL) {
        *known = *leaf;
    } else {
        g_array_append_val(vcpu->leaves, *leaf);
    }
    virtcpu_cpu_data_add_cpuid(
        vcpu->data, leaf->leaf, leaf->subleaf, leaf->values[VIRTCPU_REGISTER_EAX],
        leaf->values[VIRTCPU_REGISTER_EBX], leaf->values[VIRTCPU_REGISTER_ECX],
        leaf->values[VIRTCPU_REGISTER_EDX]);
    return TRUE;
}

static gboolean
add_msr(VirtCpuGuestVcpu *vcpu, const Record *record)
{
    const guint32 *values = record->leaf.values;
    const VirtCpuGuestMsr msr = {
        .index = record->leaf.leaf,
        .value = (guint64)values[VIRTCPU_REGISTER_EDX] << 32 | values[VIRTCPU_REGISTER_EAX],
    };

    if (record->mode != MODE_PROTECTED || record->leaf.subleaf != 0 ||
        values[VIRTCPU_REGISTER_EBX] != 0 || values[VIRTCPU_REGISTER_ECX] != 0) {
        return FALSE;
    }
    g_array_append_val(vcpu->msrs, msr);
    virtcpu_cpu_data_add_msr(vcpu->data, msr.index, msr.value);
    return TRUE;
}

/* Records come by vCPU; @last is that of the record before. */
static gboolean
add_record(const GPtrArray *vcpus, const Record *record, guint *last)
{
    VirtCpuGuestVcpu *vcpu;

    if (record->vcpu >= vcpus->len || record->vcpu < *last || record->mode >= MODE_LAST) {
        return FALSE;
    }
    *last = record->vcpu;
    vcpu = g_ptr_array_index(vcpus, record->vcpu);
    switch (record->kind) {
    case KIND_CPUID:
        return add_cpuid(vcpu, record);
    case KIND_MSR:
        return add_msr(vcpu, record);
    default:
        return FALSE;
    }
}

/* Size, version and checksum: nothing else is looked at before. */
static gboolean
check_frame(const guint8 *bytes, gsize size, GError **error)
{
    guint32 vcpus, records;

    if (size < HEADER_BYTES + HASH_BYTES || memcmp(bytes, MAGIC, sizeof(MAGIC)) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the guest's answer of %zu bytes is not one of virtcpu's firmware"),
                          size);
        return FALSE;
    }
    if (read_u32(bytes + 8) != FORMAT_VERSION) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the guest's answer has format %u, known is %u"), read_u32(bytes + 8),
                          FORMAT_VERSION);
        return FALSE;
    }
    vcpus = read_u32(bytes + 12);
    records = read_u32(bytes + 16);
    if (vcpus == 0 || vcpus > VIRTCPU_GUEST_MAX_VCPUS ||
        records > vcpus * VIRTCPU_GUEST_MAX_RECORDS ||
        size != HEADER_BYTES + (gsize)records * RECORD_BYTES + HASH_BYTES) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the guest's answer of %zu bytes claims %u vCPUs and %u records"), size,
                          vcpus, records);
        return FALSE;
    }
    if (hash(bytes, size - HASH_BYTES) != read_u32(bytes + size - HASH_BYTES)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the guest's answer was damaged on its way: its checksum is wrong"));
        return FALSE;
    }
    return TRUE;
}

/* A vCPU that said nothing, not even leaf 0, was not asked. */
static gboolean
check_complete(const GPtrArray *vcpus, GError **error)
{
    for (guint i = 0; i < vcpus->len; i++) {
        if (find_leaf(g_ptr_array_index(vcpus, i), 0, 0) == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("the guest's answer lacks CPUID leaf 0 of vCPU %u"), i);
            return FALSE;
        }
    }
    return TRUE;
}

GPtrArray *
virtcpu_guest_answer_parse(const guint8 *bytes, gsize size, VirtCpuArch arch, GError **error)
{
    g_autoptr(GPtrArray) vcpus = g_ptr_array_new_with_free_func(vcpu_free);
    guint32 n_vcpus, n_records;
    guint last = 0;

    if (!check_frame(bytes, size, error)) {
        return NULL;
    }
    n_vcpus = read_u32(bytes + 12);
    n_records = read_u32(bytes + 16);
    for (guint32 i = 0; i < n_vcpus; i++) {
        if (!add_vcpu(vcpus, arch, error)) {
            return NULL;
        }
    }
    for (guint32 i = 0; i < n_records; i++) {
        Record record = read_record(bytes + HEADER_BYTES + (gsize)i * RECORD_BYTES);

        if (!add_record(vcpus, &record, &last)) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("record %u of the guest's answer makes no sense: kind %u, mode %u, "
                                "vCPU %u, leaf 0x%x, subleaf 0x%x"),
                              i, record.kind, record.mode, record.vcpu, record.leaf.leaf,
                              record.leaf.subleaf);
            return NULL;
        }
    }
    return check_complete(vcpus, error) ? g_steal_pointer(&vcpus) : NULL;
}
