"""The bodies of the types of Microsoft.Network that have no rules of their own."""

from __future__ import annotations

from azjobs.emulator.shapes import Made, Shape

_GUID = ("properties.resourceGuid", Made.GUID)
_REGIONAL = ("sku?.tier", "Regional")
_DYNAMIC = ("properties.ipConfigurations[].properties.privateIPAllocationMethod", "Dynamic")

SHAPES = (
    Shape(
        type="Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies",
        defaults=(
            ("properties.policySettings.requestBodyCheck", True),
            ("properties.policySettings.maxRequestBodySizeInKb", 128),
            ("properties.policySettings.fileUploadLimitInMb", 100),
            ("properties.policySettings.state", "Disabled"),
            ("properties.policySettings.mode", "Detection"),
            ("properties.managedRules?.managedRuleSets[].ruleGroupOverrides", []),
            ("properties.managedRules?.exclusions", []),
        ),
    ),
    Shape(
        type="Microsoft.Network/applicationGateways",
        defaults=(_GUID, ("properties.operationalState", "Running")),
    ),
    Shape(type="Microsoft.Network/applicationSecurityGroups", defaults=(_GUID,)),
    Shape(
        type="Microsoft.Network/azureFirewalls",
        defaults=(("properties.sku.name", "AZFW_VNet"), ("properties.sku.tier", "Standard")),
        fixed=(("properties.additionalProperties", {}),),
    ),
    Shape(
        type="Microsoft.Network/bastionHosts",
        defaults=(
            ("properties.scaleUnits", 2),
            _DYNAMIC,
            ("properties.bastionShareableLinks", {}),
        ),
    ),
    Shape(
        type="Microsoft.Network/connections",
        defaults=(
            _GUID,
            ("properties.packetCaptureDiagnosticState", "None"),
            ("properties.connectionProtocol", "IKEv2"),
            ("properties.routingWeight", 0),
            ("properties.enableBgp", False),
            ("properties.useLocalAzureIpAddress", False),
            ("properties.usePolicyBasedTrafficSelectors", False),
            ("properties.ipsecPolicies", []),
            ("properties.trafficSelectorPolicies", []),
            ("properties.ingressBytesTransferred", 0),
            ("properties.egressBytesTransferred", 0),
            ("properties.expressRouteGatewayBypass", False),
            ("properties.dpdTimeoutSeconds", 0),
            ("properties.connectionMode", "Default"),
            ("properties.gatewayCustomBgpIpAddresses", []),
        ),
    ),
    Shape(type="Microsoft.Network/ddosProtectionPlans"),
    Shape(
        type="Microsoft.Network/expressRouteCircuits",
        defaults=(
            _GUID,
            ("properties.peerings", []),
            ("properties.authorizations", []),
            ("properties.circuitProvisioningState", "Enabled"),
            ("properties.allowClassicOperations", False),
            ("properties.gatewayManagerEtag", ""),
            ("properties.serviceKey", Made.GUID),
            ("properties.serviceProviderProvisioningState", "NotProvisioned"),
            ("properties.allowGlobalReach", False),
            ("properties.globalReachEnabled", False),
            ("properties.stag", 140),
        ),
    ),
    Shape(
        type="Microsoft.Network/firewallPolicies",
        defaults=(("properties.sku.tier", "Standard"),),
        fixed=(
            ("properties.childPolicies", []),
            ("properties.ruleCollectionGroups", []),
            ("properties.firewalls", []),
        ),
    ),
    Shape(
        type="Microsoft.Network/firewallPolicies/ruleGroups",
        defaults=(("properties.rules[].priority", 0),),
        location=False,
    ),
    Shape(
        type="Microsoft.Network/ipGroups",
        fixed=(("properties.firewalls", []), ("properties.firewallPolicies", [])),
    ),
    Shape(
        type="Microsoft.Network/loadBalancers",
        defaults=(
            _GUID,
            ("sku.name", "Basic"),
            ("sku.tier", "Regional"),
            ("properties.frontendIPConfigurations", []),
            ("properties.backendAddressPools", []),
            ("properties.loadBalancingRules", []),
            ("properties.probes", []),
            ("properties.inboundNatRules", []),
            ("properties.outboundRules", []),
            ("properties.inboundNatPools", []),
            ("properties.frontendIPConfigurations[].properties.privateIPAllocationMethod", "Dynamic"),
            ("properties.backendAddressPools[].properties.loadBalancerBackendAddresses", []),
            ("properties.loadBalancingRules[].properties.enableFloatingIP", False),
            ("properties.loadBalancingRules[].properties.idleTimeoutInMinutes", 4),
            ("properties.loadBalancingRules[].properties.loadDistribution", "Default"),
            ("properties.loadBalancingRules[].properties.disableOutboundSnat", False),
            ("properties.loadBalancingRules[].properties.enableDestinationServiceEndpoint", False),
            ("properties.loadBalancingRules[].properties.enableTcpReset", False),
            ("properties.loadBalancingRules[].properties.allowBackendPortConflict", False),
            ("properties.inboundNatRules[].properties.enableFloatingIP", False),
            ("properties.inboundNatRules[].properties.idleTimeoutInMinutes", 4),
            ("properties.inboundNatRules[].properties.enableDestinationServiceEndpoint", False),
            ("properties.inboundNatRules[].properties.enableTcpReset", False),
            ("properties.inboundNatRules[].properties.allowBackendPortConflict", False),
            ("properties.outboundRules[].properties.allocatedOutboundPorts", 1024),
            ("properties.outboundRules[].properties.enableTcpReset", False),
            ("properties.outboundRules[].properties.idleTimeoutInMinutes", 4),
        ),
    ),
    Shape(type="Microsoft.Network/localNetworkGateways", defaults=(_GUID,)),
    Shape(
        type="Microsoft.Network/natGateways",
        defaults=(_GUID, ("properties.idleTimeoutInMinutes", 4), ("sku.name", "Standard"), _REGIONAL),
    ),
    Shape(
        type="Microsoft.Network/networkProfiles",
        defaults=(_GUID, ("properties.containerNetworkInterfaces", [])),
    ),
    Shape(
        type="Microsoft.Network/networkWatchers",
        fixed=(("properties.runningOperationIds", []),),
    ),
    Shape(
        type="Microsoft.Network/networkWatchers/flowLogs",
        defaults=(
            ("properties.targetResourceGuid", Made.GUID),
            ("properties.flowAnalyticsConfiguration", {}),
            ("properties.retentionPolicy.days", 0),
            ("properties.retentionPolicy.enabled", False),
        ),
    ),
    Shape(
        type="Microsoft.Network/networkWatchers/packetCaptures",
        defaults=(
            ("properties.bytesToCapturePerPacket", 0),
            ("properties.totalBytesPerSession", 1_073_741_824),
            ("properties.timeLimitInSeconds", 18_000),
            ("properties.filters", []),
        ),
        location=False,
    ),
    Shape(
        type="Microsoft.Network/networkWatchers/connectionMonitors",
        defaults=(
            ("properties.resourceGuid", Made.GUID),
            ("properties.connectionMonitorType", "MultiEndpoint"),
            ("properties.startTime", Made.CREATED),
            ("properties.monitoringStatus", "Running"),
            ("properties.outputs", []),
        ),
    ),
    Shape(
        type="Microsoft.Network/privateDnsZones",
        defaults=(
            ("properties.maxNumberOfRecordSets", 25_000),
            ("properties.maxNumberOfVirtualNetworkLinks", 1000),
            ("properties.maxNumberOfVirtualNetworkLinksWithRegistration", 100),
            ("properties.numberOfRecordSets", 1),
            ("properties.numberOfVirtualNetworkLinks", 0),
            ("properties.numberOfVirtualNetworkLinksWithRegistration", 0),
        ),
        location=False,
    ),
    Shape(
        type="Microsoft.Network/privateEndpoints",
        defaults=(
            _GUID,
            ("properties.privateLinkServiceConnections", []),
            (
                "properties.privateLinkServiceConnections[].properties.privateLinkServiceConnectionState",
                {"status": "Approved", "description": "", "actionsRequired": "None"},
            ),
            ("properties.manualPrivateLinkServiceConnections", []),
            ("properties.customNetworkInterfaceName", ""),
            ("properties.ipConfigurations", []),
            ("properties.customDnsConfigs", []),
        ),
    ),
    Shape(
        type="Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        defaults=(("properties.privateDnsZoneConfigs[].properties.recordSets", []),),
        location=False,
    ),
    Shape(
        type="Microsoft.Network/privateLinkServices",
        defaults=(
            _GUID,
            ("properties.enableProxyProtocol", False),
            _DYNAMIC,
            ("properties.ipConfigurations[].properties.primary", True),
            ("properties.ipConfigurations[].properties.privateIPAddressVersion", "IPv4"),
            ("properties.privateEndpointConnections", []),
            ("properties.networkInterfaces", []),
        ),
    ),
    Shape(
        type="Microsoft.Network/publicIPPrefixes",
        defaults=(
            _GUID,
            ("properties.prefixLength", 30),
            ("properties.publicIPAddressVersion", "IPv4"),
            ("properties.ipTags", []),
            ("sku.name", "Standard"),
            _REGIONAL,
        ),
    ),
    Shape(type="Microsoft.Network/routeFilters", defaults=(("properties.rules", []),)),
    Shape(
        type="Microsoft.Network/routeTables",
        defaults=(
            _GUID,
            ("properties.disableBgpRoutePropagation", False),
            ("properties.routes", []),
            ("properties.routes[].properties.hasBgpOverride", False),
        ),
    ),
    Shape(type="Microsoft.Network/securityPartnerProviders"),
    Shape(
        type="Microsoft.Network/serviceEndpointPolicies",
        defaults=(_GUID, ("properties.serviceEndpointPolicyDefinitions", [])),
    ),
    Shape(
        type="Microsoft.Network/virtualHubs",
        defaults=(
            ("properties.virtualHubRouteTableV2s", []),
            ("properties.virtualRouterAsn", 0),
            ("properties.virtualRouterIps", []),
            ("properties.routeTable.routes", []),
            ("properties.routingState", "None"),
            ("properties.allowBranchToBranchTraffic", False),
            ("properties.preferredRoutingGateway", "ExpressRoute"),
        ),
    ),
    Shape(
        type="Microsoft.Network/virtualNetworkGateways",
        defaults=(
            _GUID,
            ("properties.packetCaptureDiagnosticState", "None"),
            ("properties.enablePrivateIpAddress", False),
            _DYNAMIC,
            ("properties.natRules", []),
            ("properties.enableBgpRouteTranslationForNat", False),
            ("properties.enableBgp", False),
            ("properties.activeActive", False),
            ("properties.sku?.capacity", 2),
            ("properties.vpnClientConfiguration?.vpnClientProtocols", ["OpenVPN", "IkeV2"]),
            ("properties.vpnClientConfiguration?.vpnAuthenticationTypes", []),
            ("properties.vpnClientConfiguration?.vpnClientRootCertificates", []),
            ("properties.vpnClientConfiguration?.vpnClientRevokedCertificates", []),
            ("properties.vpnClientConfiguration?.radiusServers", []),
            ("properties.vpnClientConfiguration?.vpnClientIpsecPolicies", []),
            ("properties.bgpSettings.asn", 65515),
            ("properties.bgpSettings.peerWeight", 0),
            ("properties.vpnGatewayGeneration", "Generation1"),
        ),
    ),
    Shape(
        type="Microsoft.Network/virtualWans",
        defaults=(
            ("properties.disableVpnEncryption", False),
            ("properties.allowBranchToBranchTraffic", True),
            ("properties.office365LocalBreakoutCategory", "None"),
            ("properties.type", "Standard"),
        ),
    ),
    Shape(
        type="Microsoft.Network/vpnGateways",
        defaults=(
            ("properties.connections", []),
            (
                "properties.connections[].properties.routingConfiguration",
                {"propagatedRouteTables": {"labels": ["default"], "ids": []}, "vnetRoutes": {"staticRoutes": []}},
            ),
            ("properties.connections[].properties.enableInternetSecurity", False),
            ("properties.connections[].properties.ingressBytesTransferred", 0),
            ("properties.connections[].properties.egressBytesTransferred", 0),
            *(
                (f"properties.connections[].properties.vpnLinkConnections[].properties.{name}", value)
                for name, value in (
                    ("ipsecPolicies", []),
                    ("ingressBytesTransferred", 0),
                    ("egressBytesTransferred", 0),
                    ("packetCaptureDiagnosticState", "None"),
                    ("enableBgp", False),
                    ("enableRateLimiting", False),
                    ("useLocalAzureIpAddress", False),
                    ("usePolicyBasedTrafficSelectors", False),
                    ("routingWeight", 0),
                    ("dpdTimeoutSeconds", 0),
                    ("vpnLinkConnectionMode", "Default"),
                    ("vpnGatewayCustomBgpAddresses", []),
                )
            ),
            ("properties.vpnGatewayScaleUnit", 1),
            ("properties.packetCaptureDiagnosticState", "None"),
            ("properties.ipConfigurations", []),
            ("properties.natRules", []),
            ("properties.enableBgpRouteTranslationForNat", False),
            ("properties.isRoutingPreferenceInternet", False),
        ),
    ),
    Shape(
        type="Microsoft.Network/vpnSites",
        defaults=(
            ("properties.deviceProperties.linkSpeedInMbps", 0),
            ("properties.isSecuritySite", False),
            ("properties.o365Policy.breakOutCategories.optimize", False),
            ("properties.o365Policy.breakOutCategories.allow", False),
            ("properties.o365Policy.breakOutCategories.default", False),
        ),
    ),
    Shape(
        type="Microsoft.Network/expressRouteCircuits/peerings/connections",
        defaults=(("properties.circuitConnectionStatus", "Disconnected"),),
        location=False,
    ),
)

CHILD_SHAPES = (
    Shape(
        type="Microsoft.Network/routeTables/routes",
        defaults=(("properties.hasBgpOverride", False),),
    ),
    Shape(type="Microsoft.Network/networkSecurityGroups/defaultSecurityRules"),
    Shape(type="Microsoft.Network/routeFilters/routeFilterRules"),
    Shape(
        type="Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        defaults=(
            ("properties.peeringState", "Initiated"),
            ("properties.peeringSyncLevel", "RemoteNotInSync"),
            ("properties.allowVirtualNetworkAccess", True),
            ("properties.allowForwardedTraffic", False),
            ("properties.allowGatewayTransit", False),
            ("properties.useRemoteGateways", False),
            ("properties.doNotVerifyRemoteGateways", False),
            ("properties.remoteAddressSpace.addressPrefixes", []),
            ("properties.remoteVirtualNetworkAddressSpace.addressPrefixes", []),
            ("properties.routeServiceVips", {}),
            ("properties.resourceGuid", Made.GUID),
        ),
    ),
    Shape(
        type="Microsoft.Network/loadBalancers/inboundNatRules",
        defaults=(
            ("properties.enableFloatingIP", False),
            ("properties.idleTimeoutInMinutes", 4),
            ("properties.enableDestinationServiceEndpoint", False),
            ("properties.enableTcpReset", False),
            ("properties.allowBackendPortConflict", False),
        ),
    ),
    Shape(type="Microsoft.Network/loadBalancers/backendAddressPools"),
    Shape(type="Microsoft.Network/loadBalancers/frontendIPConfigurations"),
    Shape(type="Microsoft.Network/loadBalancers/loadBalancingRules"),
    Shape(type="Microsoft.Network/loadBalancers/outboundRules"),
    Shape(type="Microsoft.Network/loadBalancers/probes"),
    Shape(type="Microsoft.Network/networkInterfaces/ipConfigurations"),
    Shape(type="Microsoft.Network/vpnSites/vpnSiteLinks"),
    Shape(type="Microsoft.Network/serviceEndpointPolicies/serviceEndpointPolicyDefinitions"),
    Shape(
        type="Microsoft.Network/expressRouteCircuits/authorizations",
        defaults=(
            ("properties.authorizationKey", Made.GUID),
            ("properties.authorizationUseStatus", "Available"),
        ),
    ),
    Shape(
        type="Microsoft.Network/expressRouteCircuits/peerings",
        defaults=(
            ("properties.peeringType", "AzurePrivatePeering"),
            ("properties.azureASN", 12_076),
            ("properties.state", "Enabled"),
            ("properties.lastModifiedBy", "Customer"),
            ("properties.primaryAzurePort", ""),
            ("properties.secondaryAzurePort", ""),
            ("properties.gatewayManagerEtag", ""),
            ("properties.connections", []),
            ("properties.peeredConnections", []),
        ),
    ),
)
"""Types that live in an array of their parent's body."""

ARRAYS = {"routefilterrules": "rules"}
"""The array of the parent's body in which a child type lives, where the two have different names."""
SHOWN_TYPES = {
    "Microsoft.Network/firewallPolicies": "Microsoft.Network/FirewallPolicies",
    "Microsoft.Network/firewallPolicies/ruleGroups": "Microsoft.Network/FirewallPolicies/RuleGroups",
    "Microsoft.Network/ipGroups": "Microsoft.Network/IpGroups",
}
"""The types that bodies write in another casing than ids."""
SUB_TYPES = {
    ("bastionHosts", "ipConfigurations"): "bastionHostIpConfigurations",
    ("routeFilters", "rules"): "routeFilterRules",
    ("vpnGateways", "connections"): "vpnConnections",
}
"""The types of sub-resources that have another name than the array that they stand in."""
BACK_REFERENCING = frozenset({"Microsoft.Network/loadBalancers", "Microsoft.Network/applicationGateways"})
"""Types whose sub-resources show which others of the body refer to them."""
