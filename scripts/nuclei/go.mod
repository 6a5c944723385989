// Builds Nuclei at a pinned version (scripts/scanners.sh). sonic is newer than Nuclei asks for: newer Go needs it.
module unprompted/nuclei

go 1.24.2

require (
	github.com/bytedance/sonic v1.15.5
	github.com/projectdiscovery/nuclei/v3 v3.4.10
)
