"""What a HIS sends in the course of an outpatient or inpatient visit; people are the simulator's invented ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

_OPERATOR = {"dr_name": "仿真医生", "dept_code": "A03", "dept_name": "内科", "caty": "A03"}


def citizen(number: int) -> str:
    """Return the identity number of one of 999 invented people of the simulated region, which is their psn_no too."""
    first = f"99010119800101{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11
    return first + "10X98765432"[check]


def person(psn_no: str) -> dict[str, Any]:
    """1101."""
    return {"mdtrt_cert_type": "02", "mdtrt_cert_no": psn_no, "psn_cert_type": "01", "certno": psn_no}


def registration(psn_no: str, ticket: str) -> dict[str, Any]:
    """2201."""
    return {
        "psn_no": psn_no,
        "insutype": "310",
        "begntime": _now(),
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": psn_no,
        "ipt_otp_no": ticket,
        "atddr_no": "D990101000001",
        **_OPERATOR,
    }


def diagnosis(psn_no: str, mdtrt_id: str) -> dict[str, Any]:
    """2203."""
    visit = {"mdtrt_id": mdtrt_id, "psn_no": psn_no, "med_type": "11", "begntime": _now()}
    return {"mdtrtinfo": visit, "diseinfo": [_disease()]}


def fees(psn_no: str, mdtrt_id: str, *totals: str, first: int = 1) -> dict[str, Any]:
    """2204 and 2301: one detail for each total."""
    rows = [
        {
            "feedetl_sn": str(number),
            "mdtrt_id": mdtrt_id,
            "psn_no": psn_no,
            "chrg_bchno": "B1",
            "rx_circ_flag": "0",
            "fee_ocur_time": _now(),
            "med_list_codg": "XR05CAX000A001010100001",
            "medins_list_codg": "YP0001",
            "det_item_fee_sumamt": total,
            "cnt": "1",
            "pric": total,
            "hosp_appr_flag": "1",
        }
        for number, total in enumerate(totals, first)
    ]
    return {"feedetail": rows}


def bill(psn_no: str, mdtrt_id: str, total: str, **fields: Any) -> dict[str, Any]:
    """2206, 2207, 2303, 2304."""
    return {
        "psn_no": psn_no,
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": psn_no,
        "med_type": "11",
        "medfee_sumamt": total,
        "psn_setlway": "01",
        "mdtrt_id": mdtrt_id,
        "chrg_bchno": "B1",
        "insutype": "310",
        "acct_used_flag": "1",
        **fields,
    }


def refund(psn_no: str, mdtrt_id: str, setl_id: str) -> dict[str, Any]:
    """2208, 2305."""
    return {"psn_no": psn_no, "mdtrt_id": mdtrt_id, "setl_id": setl_id}


def admission(psn_no: str, ticket: str) -> dict[str, Any]:
    """2401."""
    stay = {
        "psn_no": psn_no,
        "insutype": "310",
        "begntime": _ago(days=3),
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": psn_no,
        "med_type": "2101",
        "ipt_no": ticket,
    }
    return {"mdtrtinfo": stay, "diseinfo": [_disease(psn_no=psn_no)]}


def discharge(psn_no: str, mdtrt_id: str) -> dict[str, Any]:
    """2402."""
    stay = {"mdtrt_id": mdtrt_id, "psn_no": psn_no, "insutype": "310", "endtime": _now()}
    return {"dscginfo": stay, "diseinfo": [_disease()]}


def _disease(**fields: Any) -> dict[str, Any]:
    return {
        "diag_type": "1",
        "maindiag_flag": "1",
        "diag_srt_no": "1",
        "diag_code": "I10.x05",
        "diag_name": "高血压",
        "diag_dept": "内科",
        "dise_dor_no": "D990101000001",
        "dise_dor_name": "仿真医生",
        "diag_time": _now(),
        "vali_flag": "1",
        **fields,
    }


def _now() -> str:
    return f"{datetime.now():%Y-%m-%d %H:%M:%S}"  # noqa: DTZ005 - the platform's local time


def _ago(**span: float) -> str:
    return f"{datetime.now() - timedelta(**span):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ005 - the platform's local time
