static LINK: LinkMachine = LinkMachine::new();
fn use0(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use1(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use2(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use3(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use4(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use5(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use6(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use7(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use8(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn use9(l: &LinkMachine) -> Result<(), Box<dyn std::error::Error>> {
    l.idle_to_dialing().try_commit()?;
    l.dialing_to_connected().try_commit_with(LinkConnected { peer: "x".to_owned() })?;
    println!("{}", l.in_connected().now()?.view().peer.len());
    l.connected_to_failed().try_commit_with(7)?;
    if l.is_failed() && LINK.state() == LinkKind::Failed {
        l.failed_to_idle().try_commit()?;
    }
    let _ = l.in_state::<link::Idle>().within(std::time::Duration::ZERO)?;
    Ok(())
}
fn main() {}
