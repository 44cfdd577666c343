"""Two persons' signatures over one file, in one CMS SignedData (RFC 5652), detached."""

from asn1crypto import cms


def joined(first: bytes, second: bytes) -> bytes:
    """Both in one, DER: each signer with its certificate. `first`, `second`: as `cardd.signing.cms.finish` makes them, of two badges."""
    old, new = (cms.ContentInfo.load(each)["content"] for each in (first, second))
    # Sets of distinct elements, in the order that DER wants (X.690, 11.6), which asn1crypto keeps when it encodes a SET OF.
    algorithms = {each.dump(): each for signed in (old, new) for each in signed["digest_algorithms"]}
    together = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": list(algorithms.values()),
            "encap_content_info": {"content_type": "data"},
            "certificates": [*old["certificates"], *new["certificates"]],
            "signer_infos": [*old["signer_infos"], *new["signer_infos"]],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": together}).dump(force=True)
    return der
